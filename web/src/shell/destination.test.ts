import { expect, test } from "vitest";
import { destination } from "./destination";

test("a reference to a version leads to it", () => {
  expect(destination(" churn/3 ")).toEqual({ kind: "version", name: "churn", number: 3 });
  expect(destination("models:/50% ü/12")).toEqual({ kind: "version", name: "50% ü", number: 12 });
});

test("anything else is searched for", () => {
  for (const q of ["churn", "churn/production", "owner = 'growth'", "metrics/0", "a/b/1"]) {
    expect(destination(q)).toEqual({ kind: "models", q });
  }
});

test("nothing leads nowhere", () => {
  expect(destination("  ")).toEqual({ kind: "nowhere" });
});
