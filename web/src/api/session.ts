/** Who is signed in: a token kept for as long as the tab, and whether the registry asked for one. */
import { useSyncExternalStore } from "react";

const KEY = "modelyard.token";

export interface Session {
  readonly token: string | null;
  /** Whether the registry refused a request for want of a token that it knows. */
  readonly wanted: boolean;
}

let session: Session = { token: stored(), wanted: false };
const watchers = new Set<() => void>();

export const currentToken = (): string | null => session.token;

/** Send this token from now on. */
export function signIn(token: string): void {
  keep(token);
  become({ token, wanted: false });
}

/** Forget the token. */
export function signOut(): void {
  keep(null);
  become({ token: null, wanted: false });
}

/** The registry does not know who asks. */
export function wantToken(): void {
  if (!session.wanted) become({ ...session, wanted: true });
}

export function useSession(): Session {
  return useSyncExternalStore(watch, () => session);
}

function become(next: Session): void {
  session = next;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Storage may be forbidden: then the token lasts until the page is left.
  }
}
