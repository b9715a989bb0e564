/** Has the token that is sent be one that still holds, as far as the issuer lets that be without asking the person. */
import { currentSession, signIn, type Session } from "./session";
import { readSettings } from "./settings";

/** Milliseconds before its end at which a token is not begun with any more. */
const EARLY = 30_000;

let renewal: Promise<string | null> | null = null;

/** The token to send, renewed where it is about to end; null when nobody is signed in. */
export async function freshToken(): Promise<string | null> {
  const { token, renewal: means } = currentSession();
  if (token === null || means.refresh === null || means.ends === null) return token;
  return means.ends - EARLY > Date.now() ? token : ((await renewedToken(token)) ?? token);
}

/** What follows a token that is no longer good: null when the person has to sign in again. Asked for once at a time. */
export async function renewedToken(spent: string): Promise<string | null> {
  const session = currentSession();
  if (session.token !== spent) return session.token;
  if (session.renewal.refresh === null) return null;
  renewal ??= renew(session).finally(() => {
    renewal = null;
  });
  return renewal;
}

async function renew({ token, renewal: { refresh } }: Session): Promise<string | null> {
  try {
    const { refreshed } = await import("./oidc");
    const next = await refreshed(await readSettings(), refresh ?? "");
    // Who signed out meanwhile stays so.
    if (currentSession().token !== token) return currentSession().token;
    signIn(next.token, next.renewal);
    return next.token;
  } catch {
    // The registry's refusal follows, which asks the person to sign in; a network that is away passes.
    return null;
  }
}
