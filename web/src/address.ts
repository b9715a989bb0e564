/** The address's query as plain names and texts, so that a link reads well in a chat: `?stage=production&tag=team=growth`. */

export type Query = Record<string, string | string[]>;

/** Letters that a query may hold as they are, although URLSearchParams escapes them. */
const READABLE = /%(2F|3A|40|2C|3D|27|28|29|21|2A|60)/g;

/** The query as names and texts; a name that comes more than once is a list. */
export function parseQuery(query: string): Query {
  const given = new URLSearchParams(query);
  const found: Query = {};
  for (const name of new Set(given.keys())) {
    const values = given.getAll(name);
    found[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return found;
}

/** The query of some state: what is empty, false or not there is left out, so that the usual view has no query. */
export function writeQuery(state: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const text = written(one);
      if (text !== "") query.append(name, text);
    }
  }
  const text = query.toString().replace(READABLE, decodeURIComponent);
  return text === "" ? "" : `?${text}`;
}

/** A text of the query; undefined when it is not there. */
export function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first !== "" ? first : undefined;
}

/** A list of the query; empty when it is not there. */
export function listOf(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one): one is string => typeof one === "string" && one !== "");
}

/** Whether something is switched on in the query. */
export function flagOf(value: unknown): boolean {
  return textOf(value) === "1" || value === true;
}

/** The state without what is undefined, empty or false, as validateSearch has to give it. */
export function compact<T extends object>(state: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(state).filter(([, value]) => written(value) !== "");
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/**
 * What `read` takes of a query and nothing else. The router lays what is read over the raw query, where what was refused would show
 * through: so each name of it that was not read is covered.
 */
export function readOnly<T extends object>(read: (query: Query) => T): (query: Query) => T {
  return (query) => ({ ...Object.fromEntries(Object.keys(query).map((name) => [name, undefined])), ...read(query) });
}

function written(value: unknown): string {
  if (value === true) return "1";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(written).join("");
  return typeof value === "string" ? value : "";
}
