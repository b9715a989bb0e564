import { useQuery } from "@tanstack/react-query";
import { Navigate, useRouter } from "@tanstack/react-router";
import { useEffect, useState, type ReactElement } from "react";
import { finish, whereFrom, type SignedIn } from "../api/oidc";
import { RETURN } from "../api/ownAddress";
import { signIn, useSession } from "../api/session";
import { readSettings, settingsQuery } from "../api/settings";
import { LoadingPage } from "../parts/Loading";
import { IssuerDoor } from "./IssuerDoor";
import { SignIn } from "./SignIn";

/** What is at /sign-in: the issuer's answer is checked, and the person led back to where they were. */
export function SignInReturn(): ReactElement {
  const [answer] = useState(() => new URLSearchParams(globalThis.location.search));
  return answer.size === 0 ? <NoAnswer /> : <Answer answer={answer} />;
}

/** Somebody came by themselves: who is known has nothing to do here. */
function NoAnswer(): ReactElement {
  const { token } = useSession();
  const { data: settings } = useQuery(settingsQuery);
  return token !== null || settings?.auth === "none" ? <Navigate to="/" replace /> : <SignIn />;
}

function Answer({ answer }: { answer: URLSearchParams }): ReactElement {
  const [back] = useState(whereFrom);
  const { data: settings } = useQuery(settingsQuery);
  const failed = useAnswer(answer, back);
  return failed !== null && settings !== undefined ? <IssuerDoor settings={settings} back={back} failed={failed} /> : <LoadingPage />;
}

/** Signs in with the answer and goes back; gives why that failed. */
function useAnswer(answer: URLSearchParams, back: string): Error | null {
  const router = useRouter();
  const [failed, setFailed] = useState<Error | null>(null);
  useEffect(() => {
    // Neither the code nor the state stays in the address or in the history.
    void router.navigate({ to: RETURN, replace: true });
    check(answer).then(
      ({ token, renewal }) => {
        signIn(token, renewal);
        router.history.replace(back);
      },
      (error: unknown) => setFailed(error instanceof Error ? error : new Error(String(error))),
    );
  }, [answer, back, router]);
  return failed;
}

const checks = new WeakMap<URLSearchParams, Promise<SignedIn>>();

/** An answer can be used once, however often React runs an effect. */
function check(answer: URLSearchParams): Promise<SignedIn> {
  const begun = checks.get(answer) ?? readSettings().then((settings) => finish(settings, answer));
  checks.set(answer, begun);
  return begun;
}
