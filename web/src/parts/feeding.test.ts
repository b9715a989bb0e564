import { expect, test } from "vitest";
import { event } from "../testing/made";
import { changesOf, inOrder, merged, passes } from "./feeding";

test("entries are in order, each once", () => {
  const [one, two] = [event({ sequence: 1 }), event({ sequence: 2 })];
  expect(inOrder([two, one, two]).map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test("new events come before old ones, each once", () => {
  const events = [1, 2, 3].map((position) => event({ id: `e${position}`, position }));
  expect(merged(events.slice(0, 2), events.slice(1)).map(({ id }) => id)).toEqual(["e3", "e2", "e1"]);
});

test("events are chosen by part of the model's name in any case, and by type or its first word", () => {
  const promoted = event({ type: "version.promoted", model: { id: "1", name: "Churn" } });
  expect(passes(promoted, {})).toBe(true);
  expect(passes(promoted, { model: "hur", types: ["version"] })).toBe(true);
  expect(passes(promoted, { types: ["alias.set", "version.promoted"] })).toBe(true);
  expect([passes(promoted, { model: "x" }), passes(promoted, { types: ["version.pro"] })]).toEqual([false, false]);
});

test("a change is told by what was before and what is after", () => {
  const changed = event({ type: "model.updated", before: { owner: "", tags: { a: "1" } }, after: { owner: "risk", tags: { a: "2" } } });
  expect(changesOf(changed)).toEqual([{ name: "owner", before: "–", after: "risk" }, { name: "tags", before: "a 1", after: "a 2" }]);
});

test("what the sentence says already is not said again, nor what is all new", () => {
  expect(changesOf(event({ before: { stage: "staging" }, after: { stage: "production" } }))).toEqual([]);
  expect(changesOf(event({ type: "version.registered", after: { state: "uploading", metrics: { auc: 1 } } }))).toEqual([]);
});

test("long values are cut", () => {
  const [change] = changesOf(event({ type: "model.updated", before: { description: "x".repeat(9000) }, after: { description: "y" } }));
  expect(change?.before.length).toBeLessThan(200);
});
