import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { Settings } from "../api/settings";
import { ProblemNotice } from "../parts/Notices";
import { Page } from "../parts/Page";

interface IssuerDoorProps {
  settings: Settings;
  /** Where the person comes back to. */
  back: string;
  /** Why the last attempt failed. */
  failed?: Error | null;
}

/** Leads to the issuer, where people of this registry sign in, and says what went wrong there. */
export function IssuerDoor({ settings, back, failed = null }: IssuerDoorProps): ReactElement {
  const leaving = useMutation({
    mutationFn: async () => {
      const { begin } = await import("../api/oidc");
      await begin(settings, back);
    },
  });
  const error = leaving.error ?? (leaving.isIdle ? failed : null);
  const host = hostOf(settings.issuer);
  return (
    <Page title="Sign in" about={<>People of this registry sign in at {host}, and come back to where they were.</>}>
      {error !== null && <ProblemNotice error={error} what="You are not signed in" />}
      <div>
        <Button onClick={() => leaving.mutate()} loading={leaving.isPending || leaving.isSuccess}>
          Sign in at {host}
        </Button>
      </div>
    </Page>
  );
}

function hostOf(issuer = ""): string {
  return URL.canParse(issuer) ? new URL(issuer).host : "its issuer";
}
