import { expect, test } from "vitest";
import { event } from "../../testing/made";
import { askedView, isWhole, lanesOf, panned, wholeView, zoomed } from "./geometry";
import type { Span } from "./stands";

const span = (lane: string, version: number, from: number, to: number | null, kind: Span["kind"] = "stage"): Span => ({
  kind, lane, version, from, to, began: event({ id: `${lane} ${version} ${from}` }), ended: null,
});

const WHOLE = { from: 0, to: 100_000 };

test("lanes are those of what serves first, then others by name, then aliases", () => {
  const spans = ["development", "canary", "staging", "production"].map((lane) => span(lane, 1, 0, null));
  const lanes = lanesOf([...spans, span("champion", 1, 0, null, "alias")], WHOLE, 1000);
  expect(lanes.map(({ name }) => name)).toEqual(["production", "staging", "canary", "development", "champion"]);
});

test("a bar is as long as its time, and runs to the edge while it lasts", () => {
  const [lane] = lanesOf([span("production", 1, 25_000, 50_000), span("production", 2, 50_000, null)], WHOLE, 1000);
  expect(lane?.bars.map(({ x, width }) => [x, width])).toEqual([[250, 250], [500, 500]]);
});

test("bars beside one another share a row, those at the same time do not", () => {
  const spans = [span("staging", 1, 0, 30_000), span("staging", 2, 40_000, 80_000), span("staging", 3, 50_000, 70_000)];
  const rows = lanesOf(spans, WHOLE, 1000)[0]?.bars.map(({ span: { version }, row }) => `${version}: ${row}`);
  expect(rows).toEqual(["1: 0", "2: 1", "3: 0"]);
});

test("however many versions stand somewhere, few bars are drawn, the newest, and the others are counted", () => {
  const spans = Array.from({ length: 10_000 }, (_, index) => span("development", index + 1, index, null));
  const [lane] = lanesOf(spans, WHOLE, 1000);
  expect(lane?.bars.map(({ span: { version } }) => version)).toEqual([9996, 9997, 9998, 9999, 10_000]);
  expect([lane?.rows, lane?.hidden]).toEqual([5, 9995]);
});

test("what is out of view is neither drawn nor counted", () => {
  const [lane] = lanesOf([span("staging", 1, 0, 10_000), span("staging", 2, 90_000, null)], { from: 20_000, to: 60_000 }, 1000);
  expect([lane?.bars, lane?.hidden]).toEqual([[], 0]);
});

test("even a moment in a stage can be seen, within the edges", () => {
  const bars = lanesOf([span("staging", 1, 100_000, 100_000)], WHOLE, 1000)[0]?.bars;
  expect(bars?.map(({ x, width }) => [x >= 0 && x + width <= 1000, width > 2])).toEqual([[true, true]]);
});

test("the whole has everything in it, some room after it, and nothing of the future", () => {
  const view = wholeView([span("staging", 1, 1_000_000, 5_000_000)], 5_500_000);
  expect([view.from < 1_000_000, view.to]).toEqual([true, 5_500_000]);
  expect(wholeView([span("staging", 1, 1_000_000, 5_000_000)], 9e9).to).toBe(6_000_000);
});

test("zooming keeps the place under the pointer, and ends at the whole and at the shortest view", () => {
  expect(zoomed(WHOLE, WHOLE, 2, 0.25)).toEqual({ from: 12_500, to: 62_500 });
  expect(zoomed({ from: 40_000, to: 50_000 }, WHOLE, 0.001)).toEqual(WHOLE);
  expect(zoomed(WHOLE, WHOLE, 1e9).to - zoomed(WHOLE, WHOLE, 1e9).from).toBe(200);
});

test("moving ends at the edges", () => {
  expect(panned({ from: 10_000, to: 30_000 }, WHOLE, 0.5)).toEqual({ from: 20_000, to: 40_000 });
  expect(panned({ from: 10_000, to: 30_000 }, WHOLE, -9)).toEqual({ from: 0, to: 20_000 });
  expect(isWhole(panned(WHOLE, WHOLE, 1), WHOLE)).toBe(true);
});

test("an address that asks for no possible view shows the whole", () => {
  expect(askedView("2026-03-03T00:00:00Z", "2026-03-02T00:00:00Z", WHOLE)).toBe(WHOLE);
  expect(askedView(undefined, "1970-01-01T00:00:50Z", WHOLE)).toEqual({ from: 0, to: 50_000 });
});
