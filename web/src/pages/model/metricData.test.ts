import { expect, test } from "vitest";
import type { Version } from "../../api/types";
import { event } from "../../testing/made";
import { beats, bestOf, directionsIn, metricNames, pointsOf } from "./metricData";
import { scaleOf } from "./metricOption";

const version = (number: number, metrics: Record<string, number>, state = "ready"): Version =>
  ({ version: number, metrics, state, stage: "development" }) as Version;

const ALL = [version(3, { auc: 0.9, mrr: 1 }), version(2, { auc: 0.95 }, "rejected"), version(1, { auc: 0.8 })];

test("metrics that most versions have come first", () => {
  expect(metricNames([version(1, { b: 1, a: 1, z: 1 }), version(2, { z: 1 })])).toEqual(["z", "a", "b"]);
});

test("points are of those versions that have the metric, oldest first", () => {
  expect(pointsOf(ALL, "auc").map((point) => point.version)).toEqual([1, 2, 3]);
  expect(pointsOf(ALL, "mrr").map((point) => point.version)).toEqual([3]);
  expect(pointsOf(ALL, "constructor")).toEqual([]);
});

test("the best goes by the direction, and is one that can be used", () => {
  const points = pointsOf(ALL, "auc");
  expect(bestOf(points, "higher")?.version).toBe(3);
  expect(bestOf(points, "lower")?.version).toBe(1);
});

test("nobody is best where nobody said which values are better", () => {
  expect(bestOf(pointsOf(ALL, "auc"), undefined)).toBeUndefined();
  expect([beats(1, 0.5, undefined), beats(1, undefined, "higher"), beats(1, 2, "lower")]).toEqual([undefined, undefined, true]);
});

test("directions are those that the journal states, and nothing else that is called so", () => {
  const entries = [
    event({ after: { directions: { auc: "higher", odd: "sideways" } } }),
    event({ after: { directions: "higher" } }),
    event({ after: { directions: { loss: "lower" } } }),
  ];
  expect([...directionsIn(entries)]).toEqual([["auc", "higher"], ["loss", "lower"]]);
});

test("values too small or large for an axis are drawn by their leading digits", () => {
  const points = (value: number) => pointsOf([version(1, { m: value })], "m");
  expect([scaleOf(points(0)), scaleOf(points(0.5)), scaleOf(points(-1e6))]).toEqual([1, 1, 1]);
  for (const value of [1e-300, -1e-320, 1e300]) expect(Math.abs(value * scaleOf(points(value)))).toBeLessThanOrEqual(10);
});
