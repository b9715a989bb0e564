/** Whether the registry answers: what the last request met, kept for everybody to see. */
import { useSyncExternalStore } from "react";

export interface Contact {
  /** When the last answer came, in milliseconds; 0 when none came yet. */
  readonly answered: number;
  /** Since when nobody answers; null while somebody does. */
  readonly lostAt: number | null;
}

let contact: Contact = { answered: 0, lostAt: null };
const watchers = new Set<() => void>();

/** An answer came, whatever it said. */
export function noteAnswer(now = Date.now()): void {
  const back = contact.lostAt !== null;
  contact = { answered: now, lostAt: null };
  if (back) tell();
}

/** No answer came. */
export function noteSilence(now = Date.now()): void {
  if (contact.lostAt !== null) return;
  contact = { ...contact, lostAt: now };
  tell();
}

/** Whether the registry answers, kept up to date. Answers while all is well change nothing on screen. */
export function useContact(): Contact {
  return useSyncExternalStore(watch, () => contact);
}

function tell(): void {
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
