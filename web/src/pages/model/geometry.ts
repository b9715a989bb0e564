/** Where the timeline's bars are drawn: a view of time, lanes, rows within them. Pure; moments in milliseconds, places in pixels. */
import type { Span } from "./stands";

export interface View {
  from: number;
  to: number;
}

export interface Bar {
  span: Span;
  x: number;
  width: number;
  row: number;
  /** Whether there is room for the words within the bar; else they are beside it. */
  roomy: boolean;
}

export interface Lane {
  kind: Span["kind"];
  name: string;
  /** Oldest first. */
  bars: Bar[];
  rows: number;
  /** Spans in view for which there was no row. */
  hidden: number;
}

export const SHORTEST_VIEW = 200;
const LETTER = 7;
const THINNEST = 4;
const GAP = 4;
const MOST_ROWS = { stage: 5, alias: 3 };
const FIRST_LANES = ["production", "staging"];
const LAST_LANES = ["development"];

/** All that there is, with some room after the last event, since what stands goes on until now. */
export function wholeView(spans: readonly Span[], now: number): View {
  const moments = spans.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));
  const first = moments.reduce((a, b) => Math.min(a, b), now);
  const last = moments.reduce((a, b) => Math.max(a, b), first);
  const room = Math.max((last - first) * 0.25, 1000);
  return { from: first - room / 20, to: Math.max(Math.min(now, last + room), first + SHORTEST_VIEW) };
}

/** The view zoomed by a factor (above 1 shows less) around a place of it between 0 and 1, never beyond the whole. */
export function zoomed(view: View, whole: View, factor: number, place = 0.5): View {
  const size = Math.min(Math.max((view.to - view.from) / factor, SHORTEST_VIEW), whole.to - whole.from);
  const pivot = view.from + (view.to - view.from) * place;
  return kept(pivot - size * place, size, whole);
}

/** The view moved by a part of its width, never beyond the whole. */
export function panned(view: View, whole: View, part: number): View {
  const size = view.to - view.from;
  return kept(view.from + size * part, size, whole);
}

function kept(from: number, size: number, whole: View): View {
  const held = Math.min(Math.max(from, whole.from), Math.max(whole.to - size, whole.from));
  return { from: held, to: held + size };
}

/** The view that an address asks for, where it makes sense. */
export function askedView(from: string | undefined, to: string | undefined, whole: View): View {
  const asked = { from: from === undefined ? whole.from : Date.parse(from), to: to === undefined ? whole.to : Date.parse(to) };
  return asked.to - asked.from >= SHORTEST_VIEW ? asked : whole;
}

export const isWhole = (view: View, whole: View): boolean => view.from <= whole.from && view.to >= whole.to;

/** Lanes with their bars: a lane for each stage, the most important first, then one for each alias. Newest come first where rows are scarce. */
export function lanesOf(spans: readonly Span[], view: View, width: number): Lane[] {
  const names = (kind: Span["kind"]) => [...new Set(spans.filter((span) => span.kind === kind).map((span) => span.lane))];
  const stages = names("stage").sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const aliases = names("alias").sort();
  return [
    ...stages.map((name) => laneOf("stage", name, spans, view, width)),
    ...aliases.map((name) => laneOf("alias", name, spans, view, width)),
  ];
}

function rank(stage: string): number {
  const first = FIRST_LANES.indexOf(stage);
  return first >= 0 ? first - FIRST_LANES.length : LAST_LANES.indexOf(stage) + 1;
}

function laneOf(kind: Span["kind"], name: string, spans: readonly Span[], view: View, width: number): Lane {
  const seen = spans
    .filter((span) => span.kind === kind && span.lane === name && span.from <= view.to && (span.to ?? view.to) >= view.from)
    .sort((a, b) => b.from - a.from || b.version - a.version);
  const starts: number[] = [];
  const bars: Bar[] = [];
  for (const span of seen) {
    const placed = place(span, view, width);
    const row = freeRow(starts, placed.x + placed.room, MOST_ROWS[kind]);
    if (row < 0) continue;
    starts[row] = placed.x;
    bars.push({ span, x: placed.x, width: placed.width, roomy: placed.roomy, row });
  }
  return { kind, name, bars: bars.reverse(), rows: Math.max(starts.length, 1), hidden: seen.length - bars.length };
}

function place(span: Span, view: View, width: number): { x: number; width: number; room: number; roomy: boolean } {
  const at = (moment: number): number => ((moment - view.from) / (view.to - view.from)) * width;
  const words = String(span.version).length * LETTER + 14;
  const end = Math.min(at(span.to ?? view.to), width);
  const x = Math.min(Math.max(at(span.from), 0), width - THINNEST);
  const long = Math.max(end - x, THINNEST);
  return { x, width: long, room: Math.max(long, long >= words ? 0 : long + words) + GAP, roomy: long >= words };
}

function freeRow(starts: readonly number[], end: number, most: number): number {
  const free = starts.findIndex((start) => end <= start);
  if (free >= 0) return free;
  return starts.length < most ? starts.length : -1;
}
