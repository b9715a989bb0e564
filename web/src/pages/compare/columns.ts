/** The list of compared versions, and what is done to it. */

/** With one at another place, one step on or back; the first is the baseline. */
export function moved(refs: readonly string[], place: number, step: -1 | 1): string[] {
  const to = place + step;
  if (to < 0 || to >= refs.length) return [...refs];
  const next = [...refs];
  [next[place], next[to]] = [next[to] ?? "", next[place] ?? ""];
  return next;
}

export function first(refs: readonly string[], place: number): string[] {
  return [...refs.slice(place, place + 1), ...refs.slice(0, place), ...refs.slice(place + 1)];
}

export function removed(refs: readonly string[], place: number): string[] {
  return refs.filter((_, other) => other !== place);
}

/** What somebody typed, as a reference: "models:/churn/3" and spaces around it are known. */
export function typedReference(typed: string): string {
  return typed.trim().replace(/^models:\//, "");
}

/** A reference with a number, in its two halves; null for one that has to be resolved first. */
export function numbered(reference: string): { name: string; number: number } | null {
  const [, name, number] = /^(.+)\/([1-9][0-9]{0,9})$/s.exec(reference) ?? [];
  return name === undefined ? null : { name, number: Number(number) };
}
