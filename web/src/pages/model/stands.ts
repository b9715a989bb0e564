/** Where versions stood and what aliases stood for, as a journal's entries tell it. */
import type { Event } from "../../api/types";

/** A version's time in a stage. */
export interface Stand {
  kind: "stage";
  lane: string;
  version: number;
  from: number;
  /** Null while it stands there. */
  to: number | null;
  began: Event;
  ended: Event | null;
}

/** An alias's time with a version. */
export interface Flag extends Omit<Stand, "kind"> {
  kind: "alias";
}

export type Span = Stand | Flag;

/** The stage at which a bar ends instead of beginning. */
const RESTED = "archived";
const AWAY = new Set(["version.deleted", "version.purged", "version.rejected", "version.expired", "version.quarantined"]);
const BACK = new Set(["version.restored", "version.released"]);

/** All times in a stage and with an alias, in the order in which they began. Entries may be missing, but must be in order. */
export function spansOf(entries: readonly Event[]): Span[] {
  const book = new Book();
  for (const entry of entries) book.read(entry);
  return book.spans;
}

class Book {
  readonly spans: Span[] = [];
  readonly #open = new Map<string, Span>();
  /** The stage of versions that are out of use, in which they come back. */
  readonly #away = new Map<number, string>();
  #deleted: Span[] = [];

  read(entry: Event): void {
    if (entry.type === "model.deleted") this.#leaveAll(entry);
    else if (entry.type === "model.restored") this.#returnAll(entry);
    else if (entry.version !== null) this.#readVersion(entry, entry.version);
  }

  #readVersion(entry: Event, version: number): void {
    const stage = entry.after.stage;
    if (entry.type.startsWith("alias.")) this.#readAlias(entry, version);
    else if (AWAY.has(entry.type)) this.#leave(entry, version);
    else if (BACK.has(entry.type)) this.#comeBack(entry, version);
    else if (typeof stage === "string") this.#move(entry, version, stage);
  }

  #readAlias(entry: Event, version: number): void {
    const name = entry.type === "alias.set" ? entry.after.alias : entry.before.alias;
    if (typeof name !== "string") return;
    const key = `alias ${version} ${name}`;
    this.#close(key, entry);
    if (entry.type === "alias.set") this.#begin(key, { kind: "alias", lane: name, version }, entry);
  }

  #move(entry: Event, version: number, stage: string): void {
    this.#close(`stage ${version}`, entry);
    this.#away.delete(version);
    if (stage !== RESTED) this.#begin(`stage ${version}`, { kind: "stage", lane: stage, version }, entry);
  }

  #leave(entry: Event, version: number): void {
    const left = this.#close(`stage ${version}`, entry);
    if (left !== undefined) this.#away.set(version, left.lane);
  }

  #comeBack(entry: Event, version: number): void {
    const stage = this.#away.get(version);
    if (stage !== undefined) this.#move(entry, version, stage);
  }

  #leaveAll(entry: Event): void {
    this.#deleted = [...this.#open.values()];
    for (const key of [...this.#open.keys()]) this.#close(key, entry);
  }

  #returnAll(entry: Event): void {
    for (const span of this.#deleted) this.#begin(keyOf(span), { kind: span.kind, lane: span.lane, version: span.version }, entry);
    this.#deleted = [];
  }

  #begin(key: string, span: Pick<Span, "kind" | "lane" | "version">, entry: Event): void {
    const begun: Span = { ...span, from: Date.parse(entry.time), to: null, began: entry, ended: null };
    this.#open.set(key, begun);
    this.spans.push(begun);
  }

  #close(key: string, entry: Event): Span | undefined {
    const span = this.#open.get(key);
    if (span === undefined) return undefined;
    span.to = Math.max(Date.parse(entry.time), span.from);
    span.ended = entry;
    this.#open.delete(key);
    return span;
  }
}

function keyOf(span: Span): string {
  return span.kind === "alias" ? `alias ${span.version} ${span.lane}` : `stage ${span.version}`;
}
