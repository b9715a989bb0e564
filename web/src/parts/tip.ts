/** What a chart's tooltip holds: a title and lines of name and value, as elements, so that no name is read as HTML. */
export function tip(title: string, rows: readonly (readonly [name: string, value: string])[]): HTMLElement {
  const box = document.createElement("div");
  box.append(line("strong", title), ...rows.map(([name, value]) => line("div", `${name}: ${value}`)));
  return box;
}

function line(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.dir = "auto";
  element.textContent = text;
  return element;
}
