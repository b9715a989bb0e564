import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { flatten, historyQuery, versionQuery } from "../../api/queries";
import type { Version } from "../../api/types";
import { EntryLine } from "../../parts/EntryLine";
import { Icon } from "../../parts/icons";
import { LoadingRows } from "../../parts/Loading";
import { Notice, ProblemNotice } from "../../parts/Notices";
import { changesBetween, isStale, requirementsOf, requirementTitle } from "./refusals";
import classes from "./StageForm.module.css";

interface MoveRefusedProps {
  error: Error;
  /** The version as it was when the form was filled in. */
  seen: Version;
  /** Goes on with the version as it is now. */
  again: (now: Version) => void;
}

/** Why the version was not moved. */
export function MoveRefused({ error, seen, again }: MoveRefusedProps): ReactElement {
  if (isStale(error)) return <Overtaken seen={seen} again={again} />;
  const requirements = requirementsOf(error);
  if (requirements.length === 0) return <ProblemNotice what="It was not moved" error={error} />;
  return (
    <Notice tone="warn" title="It was not moved: not every requirement holds.">
      <ul className={classes.requirements}>
        {requirements.map((requirement) => (
          <li key={requirement.name} data-held={requirement.held}>
            <Icon name={requirement.held ? "check" : "cross"} />
            <span>
              {requirementTitle(requirement)}
              <span className="sr-only">{requirement.held ? ": holds." : ": does not hold."}</span>
              {!requirement.held && (
                <span className="dim">
                  {" "}
                  expected <bdi>{requirement.expected}</bdi>, found <bdi>{requirement.actual}</bdi>
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Somebody changed the version since it was read: what is different now, who did it, and the way on. */
function Overtaken({ seen, again }: { seen: Version; again: (now: Version) => void }): ReactElement {
  const path = { name: seen.name, number: seen.version };
  // Asked for anew: what is kept may be what the form was filled in with.
  const now = useQuery({ ...versionQuery(path), staleTime: 0, refetchOnMount: "always" });
  const history = useInfiniteQuery({ ...historyQuery(seen.name, seen.version), staleTime: 0, refetchOnMount: "always" });
  if (now.isFetching || now.data === undefined) return <LoadingRows rows={2} label="Loading what changed" />;
  const version = now.data;
  const changes = changesBetween(seen, version);
  const since = flatten(history.data).filter(({ sequence }) => sequence > seen.revision).reverse();
  return (
    <Notice tone="warn" title="It was not moved: somebody changed it since you opened this form.">
      {since.map((entry) => (
        <EntryLine key={entry.id} event={entry} />
      ))}
      <ul className={classes.changes}>
        {changes.map(({ what, from, to }) => (
          <li key={what}>
            {what}: <bdi>{from}</bdi> → <bdi>{to}</bdi>
          </li>
        ))}
      </ul>
      <div className={classes.buttons}>
        <Button size="xs" variant="default" onClick={() => again(version)}>
          I have seen this: go on
        </Button>
      </div>
    </Notice>
  );
}
