import { Button } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import { useEffect, useState, type ReactElement } from "react";
import type { Model } from "../../api/types";
import { Entries } from "../../parts/Entries";
import { count, exactTime } from "../../parts/format";
import { LoadingRows } from "../../parts/Loading";
import { ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import classes from "./ModelPage.module.css";
import type { Journal } from "./journal";

const SHOWN = 15;
const MORE = 50;

/** The id of an entry, which a link leads to. */
export const entryId = (sequence: number): string => `entry-${sequence}`;

/** What happened to the model, newest first. */
export function Activity({ model, journal }: { model: Model; journal: Journal }): ReactElement {
  const here = useLocation({ select: ({ hash }) => hash });
  const newest = journal.entries.toReversed();
  const linked = newest.findIndex((entry) => entryId(entry.sequence) === here);
  const [wanted, setWanted] = useState(SHOWN);
  const shown = Math.max(wanted, linked + 1);
  useEffect(() => {
    if (linked < 0) return;
    const entry = document.getElementById(here);
    entry?.scrollIntoView({ block: "center" });
    entry?.focus({ preventScroll: true });
  }, [here, linked]);
  const left = shown < newest.length || journal.older !== undefined;
  const showMore = (): void => {
    setWanted(shown + MORE);
    if (shown + MORE > newest.length) journal.older?.();
  };
  return (
    <Section id="activity" title="Activity">
      {journal.error !== null && <ProblemNotice error={journal.error} retry={journal.retry} what="The journal cannot be shown whole" />}
      {newest.length === 0 && journal.pending && <LoadingRows label="Loading the journal" />}
      <Entries
        label={`What happened to ${model.name}`}
        entries={newest.slice(0, shown)}
        idOf={(entry) => entryId(entry.sequence)}
        here={here}
      />
      <p className={classes.foot}>
        {left && (
          <Button size="xs" variant="default" onClick={showMore} loading={journal.pending}>
            Older entries
          </Button>
        )}
        {journal.since !== null && !journal.pending && /^entry-[0-9]+$/.test(here) && linked < 0 && <span role="status">The entry of this address is an older one.</span>}
        <span className="dim">{reach(model, journal, Math.min(shown, newest.length))}</span>
      </p>
    </Section>
  );
}

function reach(model: Model, journal: Journal, shown: number): string {
  const all = `${count(shown)} of ${count(model.sequence)} entries.`;
  if (journal.since === null) return all;
  return `${all} What was before ${exactTime(Date.parse(journal.since))} is not read yet, but for what stands somewhere now.`;
}
