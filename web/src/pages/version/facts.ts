/** What an inspection tells of files, as rows of a name and a text. */
import { bytes, count } from "../../parts/format";

export interface FactRow {
  name: string;
  value: string;
}

const MOST = 12;
const FIRST = ["format", "formats", "framework", "framework_version", "architecture", "class", "parameters", "tensors", "dtypes", "dtype", "quantization", "layers"];

/** Facts as rows: those that people ask for first, then the others by name. */
export function factRows(facts: Record<string, unknown>): FactRow[] {
  const names = Object.keys(facts).sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
  return names.map((name) => ({ name: name.replaceAll("_", " "), value: factText(name, facts[name]) }));
}

/** A fact's value in one line; long lists are cut and say how much is left. */
export function factText(name: string, value: unknown): string {
  if (typeof value === "number") return count(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return cut(value.map((item) => factText("", item)));
  if (typeof value === "object" && value !== null) return cut(Object.entries(value).map((pair) => pairText(name, pair)));
  return "—";
}

/** A card without the block of YAML that it may begin with: that is for programs. */
export function withoutFrontMatter(card: string): string {
  return card.replace(/^\uFEFF?---[ \t]*\r?\n(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/, "");
}

function pairText(name: string, [key, value]: [string, unknown]): string {
  return `${key}: ${name === "dtypes" && typeof value === "number" ? bytes(value) : factText("", value)}`;
}

function cut(texts: string[]): string {
  const shown = texts.slice(0, MOST).join(", ");
  return texts.length > MOST ? `${shown} and ${texts.length - MOST} more` : shown;
}

function rank(name: string): number {
  const place = FIRST.indexOf(name);
  return place < 0 ? FIRST.length : place;
}
