import { expect, test } from "vitest";
import { parseQuery, writeQuery } from "../../address";
import type { Comparison } from "../../api/types";
import { axesOf, kept, readRanges, telling, writeRange } from "./axes";
import { first, moved, numbered, removed, typedReference } from "./columns";
import { differing, rowGroups, signed } from "./rows";
import { readSearch } from "./search";

const metric = (given: Partial<Comparison["metrics"][number]> = {}): Comparison["metrics"][number] => ({
  name: "auc", direction: "higher", assumed: false, values: [0.9, 0.95], deltas: [0, 0.05], best: [false, true], measured: [null, null], ...given,
});

const comparison = (given: Partial<Comparison> = {}): Comparison => ({
  versions: [], metrics: [], params: [], tags: [], facts: [], lineage: [], environment: [], files: [],
  file_counts: { same: 0, added: 0, removed: 0, changed: 0 }, truncated: false, ...given,
});

const cellsOf = (given: Partial<Comparison["metrics"][number]>) => rowGroups(comparison({ metrics: [metric(given)] }))[0]?.rows[0];

test("a difference is told with its sign, and whether it is for the better", () => {
  expect(cellsOf({})?.cells[1]).toMatchObject({ delta: "+0.05", tone: "better", best: true });
  expect(cellsOf({ direction: "lower" })?.cells[1]).toMatchObject({ tone: "worse" });
  expect(signed(-0.0077)).toBe("−0.0077");
});

test("the baseline has no difference, and what is missing has no value", () => {
  const row = cellsOf({ values: [0.9, null], deltas: [0, null], best: [true, false] });
  expect(row?.cells[0]).toMatchObject({ delta: "" });
  expect(row?.cells[1]).toMatchObject({ text: "—", missing: true, differs: true });
});

test("values that were measured on different data have no best, and the row says so", () => {
  expect(cellsOf({ deltas: [0, null], best: [false, false] })?.note).toMatch(/^not comparable/);
});

test("a direction that nobody stated is called assumed", () => {
  expect(cellsOf({ assumed: true })?.note).toBe("higher is better (assumed)");
  expect(cellsOf({ direction: null })?.note).toBe("direction is contradicted");
});

test("data and code are told apart, and groups without rows are left out", () => {
  const fact = (name: string) => ({ name, values: ["a", "b"], same: false });
  const groups = rowGroups(comparison({ lineage: [fact("datasets.x.name"), fact("source.commit"), fact("bases.y.version")] }));
  expect(groups.map(({ key, rows }) => [key, rows.length])).toEqual([["data", 2], ["code", 1]]);
});

test("differences only leaves out what all have in common", () => {
  const params = [{ name: "depth", values: ["5", "5"], same: true }, { name: "trees", values: ["1", "2"], same: false }];
  expect(differing(rowGroups(comparison({ params }))).flatMap(({ rows }) => rows.map(({ name }) => name))).toEqual(["trees"]);
});

test("a file is told by its size and digest, and by what became of it", () => {
  const files = [{ path: "a.bin", digests: ["sha256:0123456789abcdef", null], sizes: [2048, null], change: "removed" }];
  expect(rowGroups(comparison({ files }))[0]?.rows[0]).toMatchObject({ note: "removed", cells: [{ text: "2.0 KiB · sha256:0123456789ab" }, { missing: true }] });
});

test("numbers become axes, also those that were given as text, and what all have in common tells nothing", () => {
  const params = [{ name: "depth", values: ["5", "6"], same: false }, { name: "kind", values: ["a", "b"], same: false }, { name: "seed", values: ["1", "1"], same: true }];
  const axes = axesOf(comparison({ metrics: [metric()], params }));
  expect(axes.map(({ key }) => key)).toEqual(["metric auc", "param depth", "param seed"]);
  expect(telling(axes).map(({ key }) => key)).toEqual(["metric auc", "param depth"]);
});

test("a range keeps the versions within it, and always the baseline", () => {
  const axes = axesOf(comparison({ metrics: [metric({ values: [0.1, 0.5, 0.9, null] })] }));
  expect(kept(4, axes, [{ axis: "metric auc", from: 0.8, to: 1 }])).toEqual([0, 2]);
  expect(kept(4, axes, [{ axis: "metric gone", from: 0.8, to: 1 }])).toEqual([0, 1, 2, 3]);
});

test("a range survives the address, whatever its axis is called", () => {
  const range = { axis: 'metric "><img src=x> %2F ?#&..:', from: -1e-7, to: 2.5 };
  expect(readRanges([writeRange(range), "nonsense", "..:x"])).toEqual([range]);
});

test("hostile references survive the address", () => {
  const refs = ['"><img src=x onerror=alert(1)> %2F ?#&/1', "a,b/2", "שלום/3", "a=b&refs=c/4"];
  expect(readSearch(parseQuery(writeQuery({ refs }))).refs).toEqual(refs);
});

test("columns are moved, removed and made the baseline", () => {
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
  expect(first(["a", "b", "c"], 2)).toEqual(["c", "a", "b"]);
  expect(removed(["a", "b", "c"], 1)).toEqual(["a", "c"]);
});

test("references are taken as people write them", () => {
  expect(typedReference(" models:/churn/3 ")).toBe("churn/3");
  expect(numbered("a b/12")).toEqual({ name: "a b", number: 12 });
  expect(numbered("churn@champion")).toBeNull();
  expect(numbered("churn/0")).toBeNull();
});
