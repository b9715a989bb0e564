import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { Icon } from "../../parts/icons";
import { ProblemNotice } from "../../parts/Notices";
import { UserText } from "../../parts/Words";
import { removed } from "./columns";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./compare.module.css";

interface ChosenProps {
  refs: readonly string[];
  error?: Error;
  retry?: () => void;
}

/** The chosen versions where they cannot be compared (yet): why, and a way to take one out. */
export function Chosen({ refs, error, retry }: ChosenProps): ReactElement {
  const { change } = useCompareSearch();
  return (
    <div className={classes.view}>
      {error !== undefined && (
        <ProblemNotice what="They cannot be compared" error={error} {...(retry === undefined ? {} : { retry })}>
          <p>Take out the version that it is about, or add another.</p>
        </ProblemNotice>
      )}
      <ul className={classes.chosen} aria-label="Chosen versions">
        {refs.map((reference, place) => (
          <li key={reference}>
            <UserText text={reference} />
            <Button size="compact-xs" variant="default" leftSection={<Icon name="cross" size={12} />} aria-label={`Remove ${reference}`} onClick={() => change({ refs: removed(refs, place) })}>
              Remove
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
