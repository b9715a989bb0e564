import { expect, test } from "vitest";
import { Problem } from "../../api/problems";
import { version } from "../../testing/made";
import { changesBetween, isStale, requirementsOf, requirementTitle } from "./refusals";

const problem = (status: number, facts: Record<string, unknown>) =>
  new Problem({ type: "", title: "", status, detail: "no", instance: "", code: "conflict", kind: "TransitionRefused", field: null, facts });

test("a refusal's requirements are those that the registry listed", () => {
  const requirement = { name: "version_ready", held: false, expected: "ready", actual: "quarantined" };
  expect(requirementsOf(problem(409, { requirements: [requirement, null, "odd"] }))).toEqual([requirement]);
  expect(requirementsOf(problem(409, {}))).toEqual([]);
  expect(requirementsOf(new Error("no"))).toEqual([]);
});

test("a requirement that is not known here is told by its own name", () => {
  const given = { held: true, expected: "", actual: "" };
  expect(requirementTitle({ name: "version_ready", ...given })).toBe("The version is ready");
  expect(requirementTitle({ name: "two_approvals", ...given })).toBe("two approvals");
});

test("only another revision means that somebody was faster", () => {
  expect(isStale(problem(412, {}))).toBe(true);
  expect(isStale(problem(409, {}))).toBe(false);
});

test("what changed meanwhile is told, and nothing else", () => {
  const [before, now] = [version({ stage: "staging" }), version({ stage: "production", aliases: ["champion"] })];
  expect(changesBetween(before, now)).toEqual([
    { what: "stage", from: "staging", to: "production" },
    { what: "aliases", from: "none", to: "champion" },
  ]);
});
