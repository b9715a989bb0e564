import { expect, test } from "vitest";
import { ticksOf } from "./ticks";

const view = (from: string, to: string) => ({ from: Date.parse(from), to: Date.parse(to) });

test("there are never more ticks than asked for, from milliseconds to decades", () => {
  for (const size of [300, 5_000, 4 * 60_000, 3_600_000, 86_400_000, 40 * 86_400_000, 500 * 86_400_000, 20_000 * 86_400_000]) {
    const from = Date.parse("2026-03-03T12:34:56.789Z");
    const ticks = ticksOf({ from, to: from + size }, 8, "en");
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks.every(({ moment }) => moment >= from && moment <= from + size)).toBe(true);
  }
});

test("ticks are at round moments and say no more than they must", () => {
  const texts = ticksOf(view("2026-03-03T12:01:00Z", "2026-03-03T12:59:00Z"), 4, "en-GB", "UTC").map(({ text }) => text);
  expect(texts).toEqual(["12:15", "12:30", "12:45"]);
});

test("over years, ticks are at the first of months", () => {
  const ticks = ticksOf(view("2024-02-10T00:00:00Z", "2026-03-03T00:00:00Z"), 5, "en");
  expect(ticks.map(({ moment }) => new Date(moment).getDate())).toEqual(ticks.map(() => 1));
});
