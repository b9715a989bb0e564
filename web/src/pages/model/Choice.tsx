import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import classes from "./ModelPage.module.css";

const LEAST = 2;
export const MOST = 20;

/** The versions that are chosen, in the order in which they were, and the way to compare them. The first is the baseline. */
export function Choice({ name, picked, pick }: { name: string; picked: readonly number[]; pick: (numbers: number[]) => void }): ReactElement {
  const refs = picked.map((number) => `${name}/${number}`);
  return (
    <div className={classes.choice} data-empty={picked.length === 0 || undefined}>
      <p role="status">{words(picked)}</p>
      {picked.length > 0 && (
        <>
          {picked.length >= LEAST && (
            <Link to="/compare" search={{ refs }} className={classes.go}>
              Compare {picked.length}
            </Link>
          )}
          <Button size="xs" variant="default" onClick={() => pick([])}>
            Choose none
          </Button>
        </>
      )}
    </div>
  );
}

function words(picked: readonly number[]): string {
  if (picked.length === 0) return "Choose 2 to 20 versions to compare them.";
  const chosen = `Chosen: ${picked.join(", ")}.`;
  if (picked.length < LEAST) return `${chosen} One more, to compare them.`;
  return picked.length >= MOST ? `${chosen} More than ${MOST} cannot be compared at once.` : chosen;
}
