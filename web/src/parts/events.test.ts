import { expect, test } from "vitest";
import { event } from "../testing/made";
import { actorName, tell } from "./events";

test("a promotion is told with both stages", () => {
  const told = tell(event({ type: "version.promoted", before: { stage: "staging" }, after: { stage: "production" } }));
  expect(told).toEqual({ verb: "moved", rest: "from staging to production", tone: "good" });
});

test("a type that is not known yet is told by its own name", () => {
  expect(tell(event({ type: "version.praised" }))).toEqual({ verb: "version.praised", rest: "", tone: "plain" });
});

test("facts that are no text do not break a line", () => {
  expect(tell(event({ type: "alias.set", after: { alias: { a: 1 } } })).rest).toBe('the alias {"a":1}');
});

test("an actor is told without its kind, and the registry as itself", () => {
  expect(["local:ana", "iam:arn:aws:iam::1:user/x", "modelyard:verify", "bare"].map(actorName)).toEqual([
    "ana", "arn:aws:iam::1:user/x", "the registry", "bare",
  ]);
});
