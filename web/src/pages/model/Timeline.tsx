import { Button } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useMemo, useState, type ReactElement } from "react";
import type { Model } from "../../api/types";
import { useNow } from "../../parts/clock";
import { exactTime } from "../../parts/format";
import { LoadingBlock } from "../../parts/Loading";
import { ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { askedView, isWhole, lanesOf, panned, wholeView, zoomed, type View } from "./geometry";
import type { Journal } from "./journal";
import classes from "./Timeline.module.css";
import { SpanWords } from "./SpanWords";
import { spansOf, type Span } from "./stands";
import { TimelineDrawn } from "./TimelineDrawn";

interface TimelineProps {
  model: Model;
  journal: Journal;
  from: string | undefined;
  to: string | undefined;
  /** Puts the view into the address; nothing when all is in view. */
  look: (view: { from: string; to: string } | undefined) => void;
}

/** Which version stood where, and when: a lane for each stage and each alias. */
export function Timeline({ model, journal, from, to, look }: TimelineProps): ReactElement {
  const now = useNow();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [pointed, setPointed] = useState<Span>();
  const [dragged, setDragged] = useState<View>();
  const spans = useMemo(() => spansOf(journal.entries), [journal.entries]);
  const whole = useMemo(() => wholeView(spans, now), [spans, now]);
  const view = dragged ?? askedView(from, to, whole);
  const room = width > 0 ? width : 900;
  const lanes = useMemo(() => lanesOf(spans, view, room), [spans, view, room]);
  const show = (next: View): void => {
    setDragged(undefined);
    look(isWhole(next, whole) ? undefined : { from: new Date(next.from).toISOString(), to: new Date(next.to).toISOString() });
  };
  const zoom = (factor: number, place?: number): void => show(zoomed(view, whole, factor, place));
  const pan = (part: number): void => show(panned(view, whole, part));
  return (
    <Section
      id="timeline"
      title="Stages over time"
      actions={<Controls zoom={zoom} pan={pan} all={() => show(whole)} whole={isWhole(view, whole)} />}
    >
      {journal.error !== null && spans.length === 0 && (
        <ProblemNotice error={journal.error} retry={journal.retry} what="The timeline cannot be drawn" />
      )}
      {spans.length === 0 && journal.pending && <LoadingBlock height={230} label="Loading the timeline" />}
      <div ref={ref} className={classes.holder} data-empty={spans.length === 0 || undefined}>
        {spans.length > 0 && (
          <TimelineDrawn
            {...{ lanes, view, whole, zoom, pan, show }}
            name={model.name}
            width={room}
            point={setPointed}
            drag={setDragged}
          />
        )}
      </div>
      {spans.length > 0 && (
        <p className={classes.said}>
          {pointed === undefined ? (
            <span className="dim">
              {exactTime(view.from)} to {exactTime(view.to)}. Point at a bar to see who moved it and why; arrows go from bar to bar, + and −
              zoom, Shift with an arrow moves. {journal.since === null ? "" : `What ended before ${exactTime(Date.parse(journal.since))} is not read yet. `}
            </span>
          ) : (
            <SpanWords span={pointed} />
          )}
        </p>
      )}
      {journal.older !== undefined && (
        <p>
          <Button size="xs" variant="default" onClick={journal.older} loading={journal.pending}>
            Draw what was before
          </Button>
        </p>
      )}
    </Section>
  );
}

interface ControlsProps {
  zoom: (factor: number) => void;
  pan: (part: number) => void;
  all: () => void;
  whole: boolean;
}

function Controls({ zoom, pan, all, whole }: ControlsProps): ReactElement {
  const button = (label: string, text: string, act: () => void, disabled = false): ReactElement => (
    <Button key={label} size="compact-sm" variant="default" aria-label={label} title={label} disabled={disabled} onClick={act}>
      {text}
    </Button>
  );
  return (
    <div role="group" aria-label="What the timeline shows" className={classes.controls}>
      {button("Earlier", "←", () => pan(-0.5), whole)}
      {button("Later", "→", () => pan(0.5), whole)}
      {button("Zoom in", "+", () => zoom(2))}
      {button("Zoom out", "−", () => zoom(0.5), whole)}
      {button("All of the time", "All", all, whole)}
    </div>
  );
}
