import type { ReactElement } from "react";
import type { Event } from "../api/types";
import classes from "./EntryLine.module.css";
import { actorName, tell, type Tone } from "./events";
import { Icon, type IconName } from "./icons";
import { ModelLink, VersionLink } from "./Links";
import { When } from "./Words";

const ICONS: Record<Tone, IconName> = { plain: "dot", good: "check", warn: "alert", bad: "cross" };

/** An event as one sentence: who did what to which version, when, and why. */
export function EntryLine({ event, fresh = false }: { event: Event; fresh?: boolean }): ReactElement {
  const { verb, rest, tone } = tell(event);
  const { name } = event.model;
  return (
    <div className={classes.line} data-tone={tone} data-fresh={fresh || undefined}>
      <span className={classes.mark}>
        <Icon name={ICONS[tone]} />
      </span>
      <p>
        <bdi title={event.actor} className={classes.actor}>
          {actorName(event.actor)}
        </bdi>{" "}
        {verb} {event.version === null ? <ModelLink name={name} /> : <VersionLink name={name} number={event.version} />}{" "}
        <bdi>{rest}</bdi>
        {event.reason !== "" && <q className={classes.reason}>{event.reason}</q>}
      </p>
      <When time={event.time} />
    </div>
  );
}
