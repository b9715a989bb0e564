import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Notice, ProblemNotice } from "../parts/Notices";
import { Page } from "../parts/Page";

/** A page that cannot be shown: why, and the retry. */
export function Broken({ error, reset }: ErrorComponentProps): ReactElement {
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  const retry = (): void => {
    queries.reset();
    reset();
    void router.invalidate();
  };
  return (
    <Page title="Not shown">
      <ProblemNotice error={error instanceof Error ? error : new Error(String(error))} retry={retry} />
    </Page>
  );
}

/** An address that leads nowhere. */
export function Missing(): ReactElement {
  return (
    <Page title="Not found">
      <Notice tone="warn" title="There is no page at this address.">
        <p>The link may be older than this page, or have lost its end.</p>
      </Notice>
    </Page>
  );
}
