/** Who is signed in: a token kept for as long as the tab, and whether the registry asked for one. */
import { useSyncExternalStore } from "react";
import { forget, recall, remember } from "./tabStorage";

const KEY = "modelyard.token";
const RENEWAL_KEY = "modelyard.renewal";

/** How an issuer's token is followed by the next one. */
export interface Renewal {
  /** What the issuer takes for a new token; null when it gave nothing, and the person has to sign in again. */
  readonly refresh: string | null;
  /** When the token ends, in milliseconds since 1970; null when the issuer did not say. */
  readonly ends: number | null;
}

export interface Session {
  readonly token: string | null;
  readonly renewal: Renewal;
  /** Whether the registry refused a request for want of a token that it knows. */
  readonly wanted: boolean;
}

const NEVER: Renewal = { refresh: null, ends: null };

let session: Session = { token: recall(KEY), renewal: storedRenewal(), wanted: false };
const watchers = new Set<() => void>();

export const currentSession = (): Session => session;

/** Send this token from now on. */
export function signIn(token: string, renewal: Renewal = NEVER): void {
  remember(KEY, token);
  if (renewal === NEVER) forget(RENEWAL_KEY);
  else remember(RENEWAL_KEY, JSON.stringify(renewal));
  become({ token, renewal, wanted: false });
}

/** Forget the token. */
export function signOut(): void {
  forget(KEY);
  forget(RENEWAL_KEY);
  become({ token: null, renewal: NEVER, wanted: false });
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

function storedRenewal(): Renewal {
  try {
    const { refresh, ends } = JSON.parse(recall(RENEWAL_KEY) ?? "{}") as Partial<Renewal>;
    return { refresh: typeof refresh === "string" ? refresh : null, ends: typeof ends === "number" ? ends : null };
  } catch {
    return NEVER;
  }
}
