/** Where a text typed into the header's search leads. */

export type Destination =
  | { kind: "version"; name: string; number: number }
  | { kind: "models"; q: string }
  | { kind: "nowhere" };

const VERSION = /^(?:models:\/)?([^/:@]+)\/([1-9][0-9]{0,9})$/;

/** `churn/3` is a version; anything else is searched for among the models. */
export function destination(typed: string): Destination {
  const text = typed.trim();
  if (text === "") return { kind: "nowhere" };
  const [, name, number] = VERSION.exec(text) ?? [];
  if (name !== undefined && number !== undefined) return { kind: "version", name, number: Number(number) };
  return { kind: "models", q: text };
}
