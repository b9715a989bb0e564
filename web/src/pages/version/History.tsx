import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { flatten, historyQuery } from "../../api/queries";
import type { Version } from "../../api/types";
import { EntryLine } from "../../parts/EntryLine";
import { LoadingRows } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import classes from "./version.module.css";

/** What happened to a version: its part of the model's journal, newest first. */
export function History({ version }: { version: Version }): ReactElement {
  const history = useInfiniteQuery(historyQuery(version.name, version.version));
  const entries = flatten(history.data);
  return (
    <Section id="history" title="What happened to it">
      {history.isPending && <LoadingRows rows={5} label="Loading the history" />}
      {history.isLoadingError && <ProblemNotice what="The history cannot be shown" error={history.error} retry={() => void history.refetch()} />}
      {history.isSuccess && entries.length === 0 && <Empty title="The journal has nothing of it." />}
      {entries.length > 0 && (
        <ol className={classes.entries}>
          {entries.map((entry) => (
            <li key={entry.id}>
              <EntryLine event={entry} />
            </li>
          ))}
        </ol>
      )}
      {history.hasNextPage && (
        <Button size="xs" variant="default" loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          Show earlier entries
        </Button>
      )}
    </Section>
  );
}
