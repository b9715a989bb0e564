import { Tooltip } from "@mantine/core";
import type { ReactElement } from "react";
import { useNow } from "./clock";
import { CopyButton } from "./CopyCommand";
import { bytes, exactTime, LOCALE, relativeTime, shortDigest, significant } from "./format";
import classes from "./words.module.css";

/** Text that somebody else wrote: kept from reordering its surroundings, cut to the room there is, whole on hover. */
export function UserText({ text }: { text: string }): ReactElement {
  return (
    <bdi className={classes.clipped} title={text}>
      {text}
    </bdi>
  );
}

interface WhenProps {
  /** As the registry gives it, in UTC. */
  time: string;
  /** Whether it can be tabbed to: where it stands in no row that can. */
  focusable?: boolean;
  /** Where there is little room. */
  short?: boolean;
}

/** How long ago; the exact moment, in the viewer's zone, on hover and focus. */
export function When({ time, focusable = false, short = false }: WhenProps): ReactElement {
  const moment = Date.parse(time);
  const exact = exactTime(moment);
  return (
    <Tooltip label={exact}>
      <time dateTime={time} className={classes.when} {...(focusable ? { tabIndex: 0 } : {})}>
        {relativeTime(moment, useNow(), LOCALE, short ? "short" : "long")}
        <span className="sr-only"> ({exact})</span>
      </time>
    </Tooltip>
  );
}

/** A digest in short; the whole one on hover and focus, and copied by a click. */
export function DigestText({ digest }: { digest: string }): ReactElement {
  return (
    <CopyButton text={digest} what="digest" tooltip={digest} className={classes.digest ?? ""}>
      {shortDigest(digest)}
    </CopyButton>
  );
}

/** A measured value: significant digits, and all of it on hover. */
export function MetricValue({ value, unit = "" }: { value: number; unit?: string }): ReactElement {
  return (
    <span title={`${value}${unit === "" ? "" : ` ${unit}`}`}>
      {significant(value)}
      {unit !== "" && <bdi className="dim"> {unit}</bdi>}
    </span>
  );
}

/** A size in bytes, in a unit that fits; all of it on hover. */
export function Size({ value }: { value: number }): ReactElement {
  return <span title={`${value.toLocaleString()} bytes`}>{bytes(value)}</span>;
}

/** Tags, each cut to the room there is and whole on hover. */
export function Tags({ tags }: { tags: Record<string, string> }): ReactElement {
  return <span className={classes.tags}>{Object.entries(tags).map(tagOf)}</span>;
}

const MOST_TAGS = 2;

/** Tags in the one line that a table's row has: the first of them, and how many others there are, which hovering tells. */
export function TagLine({ tags }: { tags: Record<string, string> }): ReactElement {
  const all = Object.entries(tags);
  const others = all.slice(MOST_TAGS);
  return (
    <span className={classes.tagLine}>
      {all.slice(0, MOST_TAGS).map(tagOf)}
      {others.length > 0 && (
        <span className={classes.others} title={others.map(([key, value]) => `${key} = ${value}`).join("\n")}>
          +{others.length}
          <span className="sr-only"> more</span>
        </span>
      )}
    </span>
  );
}

function tagOf([key, value]: [string, string]): ReactElement {
  return (
    <bdi key={key} className={classes.tag} title={`${key} = ${value}`}>
      {value === "" ? key : `${key}=${value}`}
    </bdi>
  );
}
