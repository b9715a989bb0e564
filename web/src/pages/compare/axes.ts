/** What can be drawn of a comparison: facts that are numbers, and which versions lie within chosen ranges of them. */
import type { Comparison } from "../../api/types";

export interface Axis {
  /** "metric auc", "param depth": what the address calls it. */
  key: string;
  name: string;
  kind: "metric" | "param" | "fact";
  direction: string | null;
  /** One for each version, null where it has none. */
  values: (number | null)[];
}

export interface Range {
  axis: string;
  from: number;
  to: number;
}

const RANGE = /^(-?[\d.eE+-]+)\.\.(-?[\d.eE+-]+):(.+)$/s;

/** Every fact that is a number for at least two versions: metrics first, then parameters, then what the files say. */
export function axesOf({ metrics, params, facts }: Comparison): Axis[] {
  const told = (kind: Axis["kind"], rows: Comparison["params"]): Axis[] =>
    rows.map(({ name, values }) => ({ key: `${kind} ${name}`, name, kind, direction: null, values: values.map(numberOf) }));
  const all: Axis[] = [
    ...metrics.map(({ name, values, direction }): Axis => ({ key: `metric ${name}`, name, kind: "metric", direction, values })),
    ...told("param", params),
    ...told("fact", facts),
  ];
  return all.filter(({ values }) => values.filter((value) => value !== null).length > 1);
}

/** Those axes on which versions differ: what is the same for all tells nothing in a chart. */
export function telling(axes: readonly Axis[]): Axis[] {
  return axes.filter(({ values }) => new Set(values.filter((value) => value !== null)).size > 1);
}

/** A range as the address holds it. */
export function writeRange({ axis, from, to }: Range): string {
  return `${from}..${to}:${axis}`;
}

/** The ranges of an address; what is none is passed over. */
export function readRanges(texts: readonly string[]): Range[] {
  return texts.flatMap((text) => {
    const [, from, to, axis] = RANGE.exec(text) ?? [];
    const range = { axis: axis ?? "", from: Number(from), to: Number(to) };
    return Number.isFinite(range.from) && Number.isFinite(range.to) && axis !== undefined ? [range] : [];
  });
}

/** The places of the versions that lie within all ranges. The first, against which the others are held, always stays. */
export function kept(count: number, axes: readonly Axis[], ranges: readonly Range[]): number[] {
  const places = Array.from({ length: count }, (_, place) => place);
  const known = ranges.flatMap((range) => {
    const axis = axes.find(({ key }) => key === range.axis);
    return axis === undefined ? [] : [{ ...range, values: axis.values }];
  });
  return places.filter((place) => place === 0 || known.every(({ values, from, to }) => within(values[place] ?? null, from, to)));
}

function within(value: number | null, from: number, to: number): boolean {
  return value !== null && value >= Math.min(from, to) && value <= Math.max(from, to);
}

/** A number, also where it was given as text; null for all else. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}
