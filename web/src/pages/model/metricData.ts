/** A metric over versions: points, who is best, and what they are held against. Pure. */
import type { Event, Version } from "../../api/types";

export type Direction = "higher" | "lower";

export interface Point {
  version: number;
  value: number;
  stage: string;
  state: string;
}

/** Names of metrics, those that most versions have first. */
export function metricNames(versions: readonly Version[]): string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of versions) for (const name of Object.keys(metrics)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).map(([name]) => name);
}

/** The versions that have the metric, oldest first. */
export function pointsOf(versions: readonly Version[], metric: string): Point[] {
  const points = versions.flatMap(({ version, metrics, stage, state }) => {
    const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
    return value === undefined ? [] : [{ version, value, stage, state }];
  });
  return points.sort((a, b) => a.version - b.version);
}

/** The best of those that can be used, the newest of equals. None when nobody said which values are better. */
export function bestOf(points: readonly Point[], direction: Direction | undefined): Point | undefined {
  if (direction === undefined) return undefined;
  const sign = direction === "higher" ? 1 : -1;
  const usable = points.filter((point) => point.state === "ready");
  return usable.reduce<Point | undefined>((best, point) => (best === undefined || (point.value - best.value) * sign >= 0 ? point : best), undefined);
}

/** Directions that the journal's entries state. */
export function directionsIn(entries: readonly Event[]): Map<string, Direction> {
  const known = new Map<string, Direction>();
  for (const { after } of entries) {
    if (typeof after.directions !== "object" || after.directions === null) continue;
    for (const [name, direction] of Object.entries(after.directions)) if (isDirection(direction)) known.set(name, direction);
  }
  return known;
}

/** Whether a value beats the incumbent's; undefined when that cannot be said. */
export function beats(value: number, incumbent: number | undefined, direction: Direction | undefined): boolean | undefined {
  if (incumbent === undefined || direction === undefined) return undefined;
  return direction === "higher" ? value > incumbent : value < incumbent;
}

export function isDirection(value: unknown): value is Direction {
  return value === "higher" || value === "lower";
}
