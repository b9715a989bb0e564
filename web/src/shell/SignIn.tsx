import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement, type SyntheticEvent } from "react";
import { api, ask } from "../api/client";
import { Problem } from "../api/problems";
import { signIn, signOut, useSession } from "../api/session";
import { readSettings, settingsQuery } from "../api/settings";
import { LoadingPage } from "../parts/Loading";
import { ProblemNotice } from "../parts/Notices";
import { Page } from "../parts/Page";
import { IssuerDoor } from "./IssuerDoor";
import classes from "./SignIn.module.css";

/** What a request's header can carry. */
const SENDABLE = /^[ -~]*$/;
const ODD = "A token has only ASCII letters, digits and signs: this one has others. Was it copied whole, and nothing else?";

/** Asks who is there, in the way that this registry wants it: at an issuer, or by a token. */
export function SignIn(): ReactElement {
  const { data: settings, error } = useQuery(settingsQuery);
  if (error !== null) return (
      <Page title="Sign in">
        <ProblemNotice error={error} />
      </Page>
    );
  if (settings === undefined) return <LoadingPage />;
  return settings.auth === "oidc" ? <IssuerDoor settings={settings} back={here()} /> : <TokenForm />;
}

/** Asks for a token, tries it, and keeps it for as long as the tab is open. */
function TokenForm(): ReactElement {
  const [token, setToken] = useState("");
  const attempt = useAttempt();
  const [odd, setOdd] = useState(false);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const sent = token.trim();
    setOdd(!SENDABLE.test(sent));
    if (sent !== "" && SENDABLE.test(sent)) attempt.mutate(sent);
  };
  const unknown = attempt.error instanceof Problem && attempt.error.status === 401;
  return (
    <Page title="Sign in" about="This registry lets in who has a token.">
      <form onSubmit={submit} className={classes.form}>
        <PasswordInput
          label="Token"
          description="As whoever runs the registry gave it to you. It is kept until this tab is closed, and sent to nobody else."
          autoComplete="current-password"
          value={token}
          onChange={(event) => {
            setToken(event.currentTarget.value);
            setOdd(false);
          }}
          error={odd ? ODD : unknown ? "The registry does not know this token." : undefined}
        />
        <Button type="submit" loading={attempt.isPending}>
          Sign in
        </Button>
      </form>
      {attempt.error !== null && !unknown && !odd && <ProblemNotice error={attempt.error} />}
    </Page>
  );
}

/** Signs out, where somebody is signed in. */
export function SignOut(): ReactElement | null {
  const { token, renewal } = useSession();
  const queries = useQueryClient();
  if (token === null) return null;
  const leave = (): void => {
    signOut();
    if (renewal.refresh !== null) void giveUp(renewal.refresh);
    void queries.resetQueries();
  };
  return (
    <Button variant="default" size="xs" h={32} onClick={leave}>
      Sign out
    </Button>
  );
}

function useAttempt() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      await ask(api.GET("/v1/models", { params: { query: { limit: 1 } }, headers }));
      return token;
    },
    onSuccess: (token) => {
      signIn(token);
      void queries.resetQueries();
    },
  });
}

/** The token is forgotten here whether or not the issuer hears of it. */
async function giveUp(refresh: string): Promise<void> {
  try {
    const { revoke } = await import("../api/oidc");
    await revoke(await readSettings(), refresh);
  } catch {
    // It ends by itself.
  }
}

function here(): string {
  const { pathname, search, hash } = globalThis.location;
  return pathname + search + hash;
}
