import { expect, test } from "vitest";
import { bytes, counted, exactTime, relativeTime, shortDigest, significant } from "./format";

const NOW = Date.parse("2026-03-03T12:00:00Z");
const before = (seconds: number) => relativeTime(NOW - seconds * 1000, NOW, "en");

test("a moment is told in the largest unit that fits it", () => {
  expect([before(0), before(59), before(60), before(3599), before(3600), before(86_400), before(86_400 * 400)]).toEqual([
    "just now", "just now", "1 minute ago", "59 minutes ago", "1 hour ago", "1 day ago", "1 year ago",
  ]);
});

test("a clock that is ahead by seconds makes nothing happen in the future", () => {
  expect(before(-30)).toBe("just now");
});

test("an exact moment names its zone", () => {
  expect(exactTime(NOW, "en-GB", "Europe/Vienna")).toBe("3 Mar 2026, 13:00:00 CET");
});

test("sizes are written as the command line writes them", () => {
  expect([0, 1023, 1024, 300_032, 5 * 1024 ** 4].map((size) => bytes(size, "en"))).toEqual([
    "0 B", "1,023 B", "1.0 KiB", "293.0 KiB", "5.0 TiB",
  ]);
});

test("values keep their significant digits, whatever their size", () => {
  expect([0.912345, 12_345.678, 0.00001234, 3, 0, 1e12, -0.5].map((value) => significant(value, 4, "en"))).toEqual([
    "0.9123", "12,350", "1.234E-5", "3", "0", "1E12", "-0.5",
  ]);
});

test("a locale's own separators are used", () => {
  expect([significant(12_345.6, 6, "de"), bytes(1536, "de")]).toEqual(["12.345,6", "1,5 KiB"]);
});

test("a digest keeps its kind and twelve digits", () => {
  expect(shortDigest(`sha256-tree:${"ab".repeat(32)}`)).toBe("sha256-tree:abababababab");
});

test("one thing is told as one", () => {
  expect([counted(1, "version"), counted(0, "version"), counted(2, "entry", "entries")]).toEqual([
    "1 version", "0 versions", "2 entries",
  ]);
});
