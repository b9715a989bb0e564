/** From what is typed and chosen to a filter in the registry's grammar. */
import type { ModelsSearch } from "./search";

const GRAMMAR = /[=<>!'"`()]|\b(?:like|ilike|in|not|and|or)\b/i;

/** What is typed, as a filter. Words without any operator are looked for in names. */
export function typedFilter(typed: string): string {
  const words = typed.trim();
  if (words === "" || GRAMMAR.test(words)) return words;
  return `name ILIKE ${text(`%${words.replace(/[\\%_]/g, String.raw`\$&`)}%`)}`;
}

/** All that is typed and chosen, as one filter; empty when everything is asked for. */
export function filterOf({ q = "", stage, owner, tag = [] }: ModelsSearch): string {
  const chosen = [
    ...(stage === undefined ? [] : [`stage = ${text(stage)}`]),
    ...(owner === undefined ? [] : [`owner = ${text(owner)}`]),
    ...tag.map(tagFilter),
  ];
  const typed = typedFilter(q);
  if (typed === "" || chosen.length === 0) return typed + chosen.join(" AND ");
  return `(${typed}) AND ${chosen.join(" AND ")}`;
}

/** `team=growth` is that value of a tag; `team` any value of it. */
function tagFilter(tag: string): string {
  const sign = tag.indexOf("=");
  const key = sign < 0 ? tag : tag.slice(0, sign);
  const field = `tags.\`${key.replaceAll("`", "``")}\``;
  return sign < 0 ? `${field} LIKE '%'` : `${field} = ${text(tag.slice(sign + 1))}`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
