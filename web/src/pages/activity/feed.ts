/**
 * The registry's feed, newest first.
 *
 * The registry gives it oldest first, from a cursor on. So the first visit reads it from its beginning, a thousand events
 * at a time, keeping the newest and the cursors before them; those lead to older events on demand, and are kept in
 * the browser, so that the next visit begins near the end. After that, what is new is asked for from the last cursor on.
 */
import type { Event } from "../../api/types";
import { merged } from "../../parts/feeding";

export interface FeedPage {
  items: Event[];
  next: string | null;
}

/** Where the cursors are kept; "" is the beginning. */
export interface Marks {
  load: () => string[];
  save: (marks: string[]) => void;
}

export interface FeedState {
  /** Newest first. */
  readonly events: readonly Event[];
  /** Ids of those that came while somebody looked. */
  readonly fresh: ReadonlySet<string>;
  /** Whether the end was reached. */
  readonly live: boolean;
  /** How many events were passed on the way to the end. */
  readonly passed: number;
  readonly hasOlder: boolean;
  readonly error: Error | null;
}

export const FULL = 1000;
const BEGINNING = "";
/** A page of at least so many events is never read for new ones again. */
const ENOUGH = FULL / 2;

export class Feed {
  #state: FeedState = { events: [], fresh: new Set(), live: false, passed: 0, hasOlder: false, error: null };
  readonly #watchers = new Set<() => void>();
  #marks: string[];
  /** The first of the marks whose page is on screen. */
  #first: number;
  #cursor: string;
  #busy = false;

  readonly #read: (after: string | undefined) => Promise<FeedPage>;
  readonly #kept: Marks;

  constructor(read: (after: string | undefined) => Promise<FeedPage>, kept: Marks) {
    this.#read = read;
    this.#kept = kept;
    const marks = kept.load();
    this.#marks = marks.length === 0 ? [BEGINNING] : marks;
    this.#first = Math.max(this.#marks.length - 2, 0);
    this.#cursor = this.#marks[this.#first] ?? BEGINNING;
  }

  readonly state = (): FeedState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Reads on to the end. Safe to call again and again. */
  async follow(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (await this.#step());
      this.#become({ live: true, error: null });
    } catch (error) {
      this.#become({ error: error instanceof Error ? error : new Error(String(error)) });
    } finally {
      this.#busy = false;
    }
  }

  /** Brings the page before the oldest that is here. */
  async older(): Promise<void> {
    const mark = this.#marks[this.#first - 1];
    if (mark === undefined) return;
    try {
      const page = await this.#read(mark === BEGINNING ? undefined : mark);
      this.#first -= 1;
      this.#become({ events: merged(this.#state.events, page.items), hasOlder: this.#first > 0, error: null });
    } catch (error) {
      this.#become({ error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  /** One page further; whether there may be more. */
  async #step(): Promise<boolean> {
    const page = await this.#read(this.#cursor === BEGINNING ? undefined : this.#cursor);
    if (page.items.length === 0) return this.#atEnd();
    const { live, fresh, passed } = this.#state;
    const events = merged(this.#onScreen(page), page.items);
    this.#become({
      events,
      fresh: live ? new Set([...fresh, ...page.items.map((event) => event.id)]) : fresh,
      passed: passed + page.items.length,
      hasOlder: this.#first > 0,
      error: null,
    });
    this.#cursor = page.next ?? this.#cursor;
    if (page.items.length >= ENOUGH) this.#mark(this.#cursor);
    return page.items.length >= ENOUGH;
  }

  /** What stays on screen when another page comes: on the way to the end, the page before alone. */
  #onScreen(page: FeedPage): readonly Event[] {
    if (this.#state.live || page.items.length < ENOUGH) return this.#state.events;
    this.#first = Math.max(this.#marks.length - 2, 0);
    return this.#state.events.slice(0, FULL);
  }

  /** Nothing came. Where marks promised events, the registry is another one now, and is read from its beginning. */
  #atEnd(): boolean {
    if (this.#state.events.length > 0 || this.#cursor === BEGINNING) return false;
    this.#marks = [BEGINNING];
    this.#first = 0;
    this.#cursor = BEGINNING;
    this.#kept.save([]);
    return true;
  }

  #mark(cursor: string): void {
    if (this.#marks.includes(cursor)) return;
    this.#marks.push(cursor);
    this.#kept.save(this.#marks);
  }

  #become(part: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...part };
    for (const watcher of this.#watchers) watcher();
  }
}
