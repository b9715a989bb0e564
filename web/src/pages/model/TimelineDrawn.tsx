import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement, type RefObject } from "react";
import { count } from "../../parts/format";
import { entryId } from "./Activity";
import { panned, type Bar, type Lane, type View } from "./geometry";
import { spanText } from "./SpanWords";
import type { Span } from "./stands";
import { ticksOf } from "./ticks";
import classes from "./Timeline.module.css";

const TITLE = 20;
const ROW = 24;
const BAR = 18;
const PAD = 8;
const AXIS = 24;
const TICK_ROOM = 100;
const TICK_EDGE = 36;

interface DrawnProps {
  name: string;
  lanes: readonly Lane[];
  view: View;
  whole: View;
  width: number;
  zoom: (factor: number, place?: number) => void;
  pan: (part: number) => void;
  show: (view: View) => void;
  /** Shows a view for as long as the pointer is held. */
  drag: (view: View) => void;
  point: (span: Span | undefined) => void;
}

/** The timeline itself. One bar can be tabbed to; arrows go to others. */
export function TimelineDrawn(props: DrawnProps): ReactElement {
  const { name, lanes, view, width, point } = props;
  const box = useRef<HTMLDivElement>(null);
  const tops = topsOf(lanes);
  const height = (tops.at(-1) ?? 0) + AXIS;
  const bars = lanes.map((lane) => lane.bars);
  const keys = useBarKeys(bars, props);
  useWheel(box, props.zoom);
  const dragging = useDrag(props);
  return (
    // The keys are of the bars within, and zoom what is around them.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={box} className={classes.drawn} onKeyDown={keys.onKeyDown} {...dragging}>
      <svg width={width} height={height} role="group" aria-label={`Where the versions of ${name} stood`}>
        {ticksIn(view, width).map(({ moment, text, x }) => (
          <g key={moment} transform={`translate(${x} 0)`} aria-hidden="true">
            <line y2={height - AXIS + 4} className={classes.grid} />
            <text y={height - 6} className={classes.tick} textAnchor="middle">
              {text}
            </text>
          </g>
        ))}
        {lanes.map((lane, index) => (
          <g key={`${lane.kind} ${lane.name}`} transform={`translate(0 ${tops[index] ?? 0})`} role="list" aria-label={`${lane.kind} ${lane.name}`}>
            <LaneTitle lane={lane} width={width} />
            {lane.bars.map((bar) => (
              <BarDrawn key={bar.span.began.id} bar={bar} active={bar === keys.active} point={point} />
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Ticks for whose words there is room. */
function ticksIn(view: View, width: number) {
  const placed = ticksOf(view, Math.floor(width / TICK_ROOM)).map((tick) => ({ ...tick, x: ((tick.moment - view.from) / (view.to - view.from)) * width }));
  return placed.filter(({ x }) => x > TICK_EDGE && x < width - TICK_EDGE);
}

function LaneTitle({ lane, width }: { lane: Lane; width: number }): ReactElement {
  const hidden = lane.hidden === 0 ? "" : ` — and ${count(lane.hidden)} more: zoom in to see them`;
  return (
    <>
      <line x2={width} className={classes.rule} />
      <text y={14} x={6} className={classes.lane} aria-hidden="true">
        {lane.kind === "alias" ? "⚑ " : ""}
        {lane.name.length > 40 ? `${lane.name.slice(0, 40)}…` : lane.name}
        <tspan className={classes.hidden}>{hidden}</tspan>
      </text>
    </>
  );
}

function BarDrawn({ bar, active, point }: { bar: Bar; active: boolean; point: (span: Span | undefined) => void }): ReactElement {
  const { span, x, width, row, roomy } = bar;
  const navigate = useNavigate();
  const hash = entryId(span.began.sequence);
  return (
    <g role="listitem" transform={`translate(${x} ${TITLE + row * ROW})`}>
      <a
        href={`#${hash}`}
        className={classes.bar}
        data-lane={span.kind === "alias" ? "alias" : span.lane}
        data-open={span.to === null || undefined}
        data-bar={span.began.id}
        aria-label={spanText(span)}
        tabIndex={active ? 0 : -1}
        draggable={false}
        onFocus={() => point(span)}
        onBlur={() => point(undefined)}
        onMouseEnter={() => point(span)}
        onMouseLeave={() => point(undefined)}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey) return;
          event.preventDefault();
          void navigate({ to: ".", search: true, hash, resetScroll: false });
        }}
      >
        {/* Large enough to be hit. */}
        <rect x={-2} y={-3} width={Math.max(width, 20) + 4} height={ROW} className={classes.hit} />
        <rect width={width} height={BAR} rx={3} className={classes.shape} />
        {span.kind === "alias" && <path d="M0 0v22" className={classes.pole} />}
        <text x={roomy ? 7 : width + 4} y={13} className={roomy ? classes.inside : classes.beside}>
          {span.version}
        </text>
      </a>
    </g>
  );
}

function topsOf(lanes: readonly Lane[]): number[] {
  const tops = [0];
  for (const lane of lanes) tops.push((tops.at(-1) ?? 0) + TITLE + lane.rows * ROW + PAD);
  return tops;
}

/** Arrows go from bar to bar and lane to lane; with Shift they move the view; + and - zoom; 0 shows all. */
function useBarKeys(lanes: readonly Bar[][], { zoom, pan, show, whole }: DrawnProps) {
  const [id, setId] = useState<string>();
  const filled = lanes.filter((bars) => bars.length > 0);
  const lane = Math.max(filled.findIndex((bars) => bars.some((bar) => bar.span.began.id === id)), 0);
  const found = filled[lane]?.find((bar) => bar.span.began.id === id);
  const active = found ?? filled[0]?.at(-1);
  const go = (event: KeyboardEvent, bar: Bar | undefined): void => {
    if (bar === undefined) return;
    setId(bar.span.began.id);
    const all = event.currentTarget.querySelectorAll<SVGAElement>("[data-bar]");
    [...all].find((one) => one.dataset.bar === bar.span.began.id)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || active === undefined) return;
    const bars = filled[lane] ?? [];
    const at = bars.indexOf(active);
    const moves: Record<string, () => void> = {
      ArrowLeft: () => (event.shiftKey ? pan(-0.25) : go(event, bars[at - 1])),
      ArrowRight: () => (event.shiftKey ? pan(0.25) : go(event, bars[at + 1])),
      ArrowUp: () => go(event, nearest(filled[lane - 1], active)),
      ArrowDown: () => go(event, nearest(filled[lane + 1], active)),
      Home: () => go(event, bars[0]),
      End: () => go(event, bars.at(-1)),
      "+": () => zoom(2),
      "=": () => zoom(2),
      "-": () => zoom(0.5),
      "0": () => show(whole),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };
  return { active, onKeyDown };
}

function nearest(bars: readonly Bar[] | undefined, to: Bar): Bar | undefined {
  return bars?.reduce((best, bar) => (Math.abs(bar.x - to.x) < Math.abs(best.x - to.x) ? bar : best), bars[0] ?? to);
}

/** With Ctrl, as maps have it, the wheel zooms around the pointer; without, the page scrolls. */
function useWheel(box: RefObject<HTMLDivElement | null>, zoom: (factor: number, place?: number) => void): void {
  useEffect(() => {
    const element = box.current;
    const onWheel = (event: WheelEvent): void => {
      if (element === null || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      const { left, width } = element.getBoundingClientRect();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - left) / width);
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  });
}

/** Dragging moves the view. A press that did not move remains a click. */
function useDrag({ view, whole, width, drag, show }: DrawnProps) {
  const held = useRef<{ x: number; view: View; moved: boolean }>(null);
  const viewAt = (event: PointerEvent): View | undefined =>
    held.current === null ? undefined : panned(held.current.view, whole, (held.current.x - event.clientX) / width);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0) held.current = { x: event.clientX, view, moved: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const next = viewAt(event);
      if (next === undefined || held.current === null || Math.abs(event.clientX - held.current.x) < 4) return;
      if (!held.current.moved) event.currentTarget.setPointerCapture(event.pointerId);
      held.current.moved = true;
      drag(next);
    },
    onPointerUp: (event: PointerEvent) => {
      const next = viewAt(event);
      if (held.current?.moved === true && next !== undefined) show(next);
      held.current = null;
    },
    onPointerCancel: () => {
      held.current = null;
    },
  };
}
