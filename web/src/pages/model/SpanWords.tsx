import type { ReactElement } from "react";
import type { Event } from "../../api/types";
import { actorName, tell } from "../../parts/events";
import { exactTime } from "../../parts/format";
import type { Span } from "./stands";

/** A bar in words: who moved it there, when and why, and how that ended. */
export function SpanWords({ span }: { span: Span }): ReactElement {
  return (
    <>
      <strong>
        {span.version} <bdi>{placeOf(span)}</bdi>
      </strong>{" "}
      <Moment word="since" entry={span.began} />
      {span.ended !== null && <Moment word={`; until ${tell(span.ended).verb}`} entry={span.ended} />}.
    </>
  );
}

function Moment({ word, entry }: { word: string; entry: Event }): ReactElement {
  return (
    <>
      {word} {exactTime(Date.parse(entry.time))} by <bdi>{actorName(entry.actor)}</bdi>
      {entry.reason !== "" && (
        <>
          : <q>{entry.reason}</q>
        </>
      )}
    </>
  );
}

/** The same as one text, for a bar's name. */
export function spanText(span: Span): string {
  const end = span.ended === null ? "until now" : `until ${momentText(span.ended)}`;
  return `${span.version} ${placeOf(span)}, since ${momentText(span.began)}, ${end}`;
}

function placeOf(span: Span): string {
  return span.kind === "alias" ? `as ${span.lane}` : `in ${span.lane}`;
}

function momentText(entry: Event): string {
  const why = entry.reason === "" ? "" : `: ${entry.reason}`;
  return `${exactTime(Date.parse(entry.time))} by ${actorName(entry.actor)}${why}`;
}
