import type { ReactElement } from "react";
import type { Event } from "../api/types";
import classes from "./Entries.module.css";
import { EntryLine } from "./EntryLine";
import { changesOf } from "./feeding";

interface EntriesProps {
  label: string;
  entries: readonly Event[];
  idOf: (entry: Event) => string;
  fresh?: (entry: Event) => boolean;
  /** The id of the one that is linked to. */
  here?: string;
}

/** Events as a list: who did what to what, when and why, and what it changed. */
export function Entries({ label, entries, idOf, fresh, here }: EntriesProps): ReactElement {
  return (
    <ol className={classes.list} aria-label={label}>
      {entries.map((entry) => {
        const id = idOf(entry);
        return (
          <li key={entry.id} id={id} tabIndex={-1} {...(here === id ? { "aria-current": true } : {})}>
            <EntryLine event={entry} fresh={fresh?.(entry) ?? false} />
            <Changes entry={entry} />
          </li>
        );
      })}
    </ol>
  );
}

function Changes({ entry }: { entry: Event }): ReactElement | null {
  const changes = changesOf(entry);
  if (changes.length === 0) return null;
  return (
    <ul className={classes.changes} aria-label="What changed">
      {changes.map(({ name, before, after }) => (
        <li key={name}>
          <bdi>{name}</bdi>: <bdi>{before}</bdi> <span aria-hidden="true">→</span>
          <span className="sr-only"> to </span> <bdi>{after}</bdi>
        </li>
      ))}
    </ul>
  );
}
