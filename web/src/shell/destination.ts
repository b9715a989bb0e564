/** Where a text typed into the header's search leads. */

export type Destination =
  | { kind: "version"; name: string; number: number }
  | { kind: "reference"; ref: string }
  | { kind: "models"; q: string }
  | { kind: "nowhere" };

const VERSION = /^(?:models:\/)?([^/:@]+)\/([1-9][0-9]{0,9})$/;
const STAGE = /^[^/:@]+\/[a-z][a-z0-9_-]{0,63}$/i;
const ALIAS = /^[^/:@]+@[a-z0-9_-]{1,255}$/i;
const PREFIX = "models:/";

/**
 * `churn/3` is a version, wherever it stands; `churn/production`, `churn@champion` and all that begins like MLflow's addresses is for the
 * registry to resolve; anything else is searched for among the models.
 */
export function destination(typed: string): Destination {
  const text = typed.trim();
  if (text === "") return { kind: "nowhere" };
  const [, name, number] = VERSION.exec(text) ?? [];
  if (name !== undefined && number !== undefined) return { kind: "version", name, number: Number(number) };
  if (text.startsWith(PREFIX) || STAGE.test(text) || ALIAS.test(text)) return { kind: "reference", ref: text };
  return { kind: "models", q: text };
}

/** What to search the models for, when nobody answers to a reference: the name in it. */
export function nameIn(ref: string): string {
  const bare = ref.startsWith(PREFIX) ? ref.slice(PREFIX.length) : ref;
  return bare.split(/[/@]/, 1)[0] ?? bare;
}
