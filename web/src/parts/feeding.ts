/** Lists of events: each once, in order, filtered, and what changed in each. */
import type { Event } from "../api/types";

/** Entries of one model in their order, each once. */
export function inOrder(entries: readonly Event[]): Event[] {
  return [...new Map(entries.map((entry) => [entry.sequence, entry])).values()].sort((a, b) => a.sequence - b.sequence);
}

/** Events of the feed, newest first, each once; those that came twice count as they came first. */
export function merged(known: readonly Event[], come: readonly Event[]): Event[] {
  const seen = new Set(known.map((event) => event.id));
  const added = come.filter((event) => !seen.has(event.id) && seen.add(event.id));
  return [...known, ...added].sort((a, b) => (b.position ?? 0) - (a.position ?? 0));
}

export interface Wanted {
  /** Part of the model's name, in any case. */
  model?: string;
  types?: readonly string[];
}

/** Whether an event passes the filter. A type `version` lets all of versions through. */
export function passes(event: Event, { model = "", types = [] }: Wanted): boolean {
  const named = event.model.name.toLowerCase().includes(model.toLowerCase());
  return named && (types.length === 0 || types.some((type) => event.type === type || event.type.startsWith(`${type}.`)));
}

export interface Change {
  name: string;
  before: string;
  after: string;
}

/** What the sentence about an event says already, or nobody wants to read. */
const TOLD = new Set(["deadline", "facts", "inspected", "alias", "purge_at", "card", "card_digest", "pages"]);
const MOVES = new Set(["version.promoted", "version.replaced", "model.renamed"]);
const LONGEST = 160;

/** What changed, as short texts. Nothing for what is new, since all of it is. */
export function changesOf(event: Event): Change[] {
  if (MOVES.has(event.type)) return [];
  const names = Object.keys({ ...event.before, ...event.after }).filter((name) => !TOLD.has(name));
  const known = names.filter((name) => (name in event.before && event.before[name] !== null) || name === "refusal");
  return known
    .map((name) => ({ name, before: short(event.before[name]), after: short(event.after[name]) }))
    .filter(({ before, after }) => before !== after);
}

function short(value: unknown): string {
  if (value === undefined || value === null || value === "") return "–";
  const text = typeof value === "string" ? value : listed(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function listed(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.map((one) => short(one)).join(", ");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([name, one]) => `${name} ${short(one)}`);
  return pairs.length === 0 ? "–" : pairs.join(", ");
}
