import { expect, test } from "vitest";
import type { Event } from "../../api/types";
import { event } from "../../testing/made";
import { spansOf, type Span } from "./stands";

let sequence = 0;
const at = (hour: number) => `2026-03-03T${String(hour).padStart(2, "0")}:00:00Z`;

function entry(hour: number, type: string, version: number | null, before: object = {}, after: object = {}): Event {
  sequence += 1;
  return event({ id: `e${sequence}`, sequence, type, version, time: at(hour), before: { ...before }, after: { ...after } });
}

const registered = (hour: number, version: number) => entry(hour, "version.registered", version, {}, { stage: "development" });
const moved = (hour: number, version: number, from: string, to: string) => entry(hour, "version.promoted", version, { stage: from }, { stage: to });
const told = (spans: Span[]) => spans.map(({ lane, version, from, to }) => `${version} ${lane} ${hour(from)}-${to === null ? "" : hour(to)}`);
const hour = (moment: number) => new Date(moment).getUTCHours();

test("a version is in one stage after the other, and in the last until now", () => {
  expect(told(spansOf([registered(1, 7), moved(2, 7, "development", "staging"), moved(4, 7, "staging", "production")]))).toEqual([
    "7 development 1-2", "7 staging 2-4", "7 production 4-",
  ]);
});

test("archiving ends a bar, and begins none", () => {
  const replaced = entry(5, "version.replaced", 7, { stage: "production" }, { stage: "archived" });
  expect(told(spansOf([moved(4, 7, "staging", "production"), replaced]))).toEqual(["7 production 4-5"]);
});

test("deletion ends a bar, and restoring begins another in the same stage", () => {
  const spans = spansOf([registered(1, 7), entry(2, "version.deleted", 7), entry(3, "version.restored", 7)]);
  expect(told(spans)).toEqual(["7 development 1-2", "7 development 3-"]);
});

test("what is quarantined stands nowhere until it is released", () => {
  const quarantined = entry(5, "version.quarantined", 7, { stage: "production" });
  const spans = spansOf([moved(4, 7, "staging", "production"), quarantined, entry(6, "version.released", 7)]);
  expect(told(spans)).toEqual(["7 production 4-5", "7 production 6-"]);
});

test("a deleted model ends all of its bars, which come back with it", () => {
  const spans = spansOf([registered(1, 7), registered(1, 8), entry(2, "model.deleted", null), entry(3, "model.restored", null)]);
  expect(told(spans)).toEqual(["7 development 1-2", "8 development 1-2", "7 development 3-", "8 development 3-"]);
});

test("an alias that moves ends with one version and begins with the other, whichever entry comes first", () => {
  const spans = spansOf([
    entry(1, "alias.set", 7, {}, { alias: "champion" }),
    entry(2, "alias.set", 8, {}, { alias: "champion" }),
    entry(2, "alias.replaced", 7, { alias: "champion" }),
    entry(3, "alias.removed", 8, { alias: "champion" }),
  ]);
  expect(told(spans)).toEqual(["7 champion 1-2", "8 champion 2-3"]);
  expect(spans.every(({ kind }) => kind === "alias")).toBe(true);
});

test("entries that are missing before those at hand do not matter", () => {
  expect(told(spansOf([entry(5, "version.deleted", 3), entry(5, "alias.removed", 3, { alias: "x" }), moved(6, 4, "staging", "production")]))).toEqual([
    "4 production 6-",
  ]);
});

test("names that mean something to the language are stages like others", () => {
  expect(told(spansOf([moved(1, 1, "development", "__proto__"), moved(2, 1, "__proto__", "constructor")]))).toEqual([
    "1 __proto__ 1-2", "1 constructor 2-",
  ]);
});
