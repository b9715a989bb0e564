import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement, type SyntheticEvent } from "react";
import { api, ask } from "../api/client";
import { Problem } from "../api/problems";
import { signIn, signOut, useSession } from "../api/session";
import { settingsQuery } from "../api/settings";
import { ProblemNotice } from "../parts/Notices";
import { Page } from "../parts/Page";
import classes from "./SignIn.module.css";

/** Asks for a token, tries it, and keeps it for as long as the tab is open. */
export function SignIn(): ReactElement {
  const [token, setToken] = useState("");
  const { data: settings } = useQuery(settingsQuery);
  const attempt = useAttempt();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (token.trim() !== "") attempt.mutate(token.trim());
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
          onChange={(event) => setToken(event.currentTarget.value)}
          error={unknown ? "The registry does not know this token." : undefined}
        />
        <Button type="submit" loading={attempt.isPending}>
          Sign in
        </Button>
      </form>
      {attempt.error !== null && !unknown && <ProblemNotice error={attempt.error} />}
      {settings?.auth === "oidc" && <p className="dim">People sign in at {settings.issuer}.</p>}
    </Page>
  );
}

/** Signs out, where somebody is signed in. */
export function SignOut(): ReactElement | null {
  const { token } = useSession();
  const queries = useQueryClient();
  if (token === null) return null;
  const leave = (): void => {
    signOut();
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
