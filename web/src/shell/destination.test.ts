import { expect, test } from "vitest";
import { destination, nameIn } from "./destination";

test("a reference to a version leads to it", () => {
  expect(destination(" churn/3 ")).toEqual({ kind: "version", name: "churn", number: 3 });
  expect(destination("models:/50% ü/12")).toEqual({ kind: "version", name: "50% ü", number: 12 });
});

test("a reference by stage or alias is for the registry to resolve", () => {
  for (const ref of ["churn/production", "50% ü/Staging", "churn@champion", "models:/churn/production", "models:/churn@champion", "models:/churn"]) {
    expect(destination(` ${ref} `)).toEqual({ kind: "reference", ref });
    expect(ref).toContain(nameIn(ref));
  }
  expect(["models:/churn@champion", "churn/production", "models:/"].map(nameIn)).toEqual(["churn", "churn", ""]);
});

test("anything else is searched for", () => {
  for (const q of ["churn", "owner = 'a@b'", "owner = 'growth'", "metrics/0", "a/b/1"]) {
    expect(destination(q)).toEqual({ kind: "models", q });
  }
});

test("nothing leads nowhere", () => {
  expect(destination("  ")).toEqual({ kind: "nowhere" });
});
