import type { ReactElement } from "react";
import classes from "./Badges.module.css";
import { Icon, type IconName } from "./icons";

const STATES: Record<string, IconName> = {
  uploading: "up",
  verifying: "clock",
  ready: "check",
  quarantined: "alert",
  rejected: "cross",
  deleted: "bin",
};

const STAGES: Record<string, IconName> = {
  development: "dot",
  staging: "flask",
  production: "play",
  archived: "archive",
};

/** How far a version is on its way to use: an icon, a word and a colour. */
export function StateBadge({ state }: { state: string }): ReactElement {
  return <Badge kind="state" word={state} icon={STATES[state] ?? "dot"} />;
}

/** Where a version stands in its model's lifecycle. */
export function StageBadge({ stage }: { stage: string }): ReactElement {
  return <Badge kind="stage" word={stage} icon={STAGES[stage] ?? "dot"} />;
}

/** An alias that stands for a version. */
export function AliasBadge({ alias }: { alias: string }): ReactElement {
  return <Badge kind="alias" word={alias} icon="flag" />;
}

function Badge({ kind, word, icon }: { kind: string; word: string; icon: IconName }): ReactElement {
  return (
    <span className={classes.badge} data-kind={kind} data-word={word} title={`${kind} ${word}`}>
      <Icon name={icon} size={12} />
      <bdi>{word}</bdi>
    </span>
  );
}
