/** The registry's feed, newest first: read from its end, older events on demand, and what is new after that. */
import type { Event } from "../../api/types";
import { merged } from "../../parts/feeding";

/** After a cursor come newer events, oldest first; before one, or before "end", older ones, newest first. */
export type Place = { after: string } | { before: string };

export interface FeedPage {
  items: Event[];
  /** After which newer events will come. */
  next: string | null;
  /** Before which there are older ones. */
  previous?: string | null;
}

export interface FeedState {
  /** Newest first. */
  readonly events: readonly Event[];
  /** Ids of those that came while somebody looked. */
  readonly fresh: ReadonlySet<string>;
  /** Whether the newest are here. */
  readonly live: boolean;
  readonly hasOlder: boolean;
  readonly error: Error | null;
}

/** How many events a page holds. */
export const FULL = 200;

const EMPTY: FeedState = { events: [], fresh: new Set(), live: false, hasOlder: false, error: null };

export class Feed {
  #state = EMPTY;
  readonly #watchers = new Set<() => void>();
  #newer: string | null = null;
  #older: string | null = null;
  #busy = false;

  readonly #read: (place: Place) => Promise<FeedPage>;

  constructor(read: (place: Place) => Promise<FeedPage>) {
    this.#read = read;
  }

  readonly state = (): FeedState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Brings what is new; at first, the newest there is. Safe to call again and again. */
  async follow(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    await this.#tried(() => (this.#newer === null ? this.#open() : this.#goOn(this.#newer)));
    this.#busy = false;
  }

  /** Brings the page before the oldest that is here; gives what came. */
  async older(): Promise<readonly Event[]> {
    const before = this.#older;
    if (before === null) return [];
    let came: readonly Event[] = [];
    await this.#tried(async () => {
      const page = await this.#read({ before });
      // Meanwhile the feed may have been opened anew, or the same page have come.
      if (this.#older !== before) return;
      came = page.items;
      this.#older = page.previous ?? null;
      this.#become({ events: merged(this.#state.events, came), hasOlder: this.#older !== null });
    });
    return came;
  }

  async #open(): Promise<void> {
    const page = await this.#read({ before: "end" });
    this.#newer = page.next;
    this.#older = page.previous ?? null;
    this.#become({ events: page.items, live: true, hasOlder: this.#older !== null });
  }

  async #goOn(after: string): Promise<void> {
    const page = await this.#read({ after });
    // So much came meanwhile that there may be more: then the newest are what is looked for, and these are older ones.
    if (page.items.length >= FULL) {
      await this.#open();
      return;
    }
    this.#newer = page.next ?? after;
    if (page.items.length === 0) return;
    const fresh = new Set([...this.#state.fresh, ...page.items.map(({ id }) => id)]);
    this.#become({ events: merged(this.#state.events, page.items), fresh });
  }

  async #tried(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      if (this.#state.error !== null) this.#become({ error: null });
    } catch (error) {
      this.#become({ error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  #become(part: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...part };
    for (const watcher of this.#watchers) watcher();
  }
}
