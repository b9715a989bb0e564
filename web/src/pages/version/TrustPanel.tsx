import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { flatten, historyQuery } from "../../api/queries";
import type { Event, Version } from "../../api/types";
import { Icon, type IconName } from "../../parts/icons";
import { Section } from "../../parts/Page";
import { When } from "../../parts/Words";
import { trustLines, type Known, type Standing, type TrustLine } from "./trust";
import classes from "./TrustPanel.module.css";

const MARKS: Record<Standing, { icon: IconName; word: string }> = {
  yes: { icon: "check", word: "yes" },
  "not-yet": { icon: "clock", word: "not yet" },
  doubt: { icon: "alert", word: "look closer" },
  no: { icon: "cross", word: "no" },
  pending: { icon: "clock", word: "being read" },
  unread: { icon: "alert", word: "not known" },
};

/** Whether this version can be trusted: five lines like a checklist, each leading to its evidence. */
export function TrustPanel({ version }: { version: Version }): ReactElement {
  const history = useInfiniteQuery(historyQuery(version.name, version.version));
  return (
    <Section id="trust" title="Can it be trusted?">
      <ul className={classes.list}>
        {trustLines(version, knownOf(history)).map((line) => (
          <Line key={line.key} line={line} again={() => void history.refetch()} />
        ))}
      </ul>
    </Section>
  );
}

function knownOf({ data, isError, hasNextPage }: { data: Parameters<typeof flatten<Event>>[0]; isError: boolean; hasNextPage: boolean }): Known {
  if (data !== undefined) return { entries: flatten(data), more: hasNextPage };
  return isError ? "failed" : "pending";
}

function Line({ line, again }: { line: TrustLine; again: () => void }): ReactElement {
  const { icon, word } = MARKS[line.standing];
  return (
    <li className={classes.line} data-standing={line.standing} data-line={line.key}>
      <span className={classes.mark}>
        <Icon name={icon} size={16} />
      </span>
      <div className={classes.words}>
        <p>
          <strong>{line.title}</strong>
          <span className="sr-only">: {word}.</span>
        </p>
        <p>
          <bdi>{line.says}</bdi>
          {line.time !== null && (
            <span className="dim">
              {" "}
              <When time={line.time} />
            </span>
          )}
          {line.standing === "unread" && (
            <>
              {" "}
              <Button size="compact-xs" variant="default" onClick={again}>
                Try again
              </Button>
            </>
          )}
        </p>
      </div>
      <Link
        from="/models/$name/versions/$number"
        to="."
        search={(now) => ({ ...now, tab: line.evidence })}
        hash="parts"
        resetScroll={false}
        onClick={showParts}
        aria-label={`Evidence: ${line.title}`}
      >
        evidence
      </Link>
    </li>
  );
}

/** The evidence is in the tabs below: they come into sight, and the focus with them. */
function showParts(): void {
  requestAnimationFrame(() => {
    const tab = document.querySelector<HTMLElement>("[role=tab][aria-selected=true]");
    tab?.focus({ preventScroll: true });
    tab?.scrollIntoView({ block: "nearest" });
  });
}
