import { expect, test } from "vitest";
import { compact, flagOf, listOf, parseQuery, textOf, writeQuery } from "./address";

const HOSTILE = ["50%", "a&b=c", "#x", "?y", "+ +", "<script>", "ü‮", "1", "true", "[]", '"q"', "a/b@c:1,2"];

test("whatever a query holds comes back as it was", () => {
  for (const text of HOSTILE) {
    expect(parseQuery(writeQuery({ q: text, tag: [text, "x"] }))).toEqual({ q: text, tag: [text, "x"] });
  }
});

test("references are readable in an address", () => {
  expect(writeQuery({ refs: ["churn/1", "churn@champion"] })).toBe("?refs=churn/1&refs=churn@champion");
});

test("the usual view has no query", () => {
  expect(writeQuery({ q: "", stage: undefined, tag: [], folded: false })).toBe("");
});

test("a list of one is a list, and a text given twice is its first", () => {
  expect([listOf("a"), listOf(undefined), textOf(["a", "b"]), textOf("")]).toEqual([["a"], [], "a", undefined]);
});

test("a switch is on when it says 1", () => {
  expect([flagOf("1"), flagOf(true), flagOf("0"), flagOf(undefined)]).toEqual([true, true, false, false]);
});

test("compact leaves out what says nothing", () => {
  expect(compact({ a: "", b: undefined, c: ["x"], d: false, e: true, f: [] })).toEqual({ c: ["x"], e: true });
});
