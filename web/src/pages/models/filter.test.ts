import { expect, test } from "vitest";
import { filterOf, typedFilter } from "./filter";

test("plain words are looked for in names, whatever they hold", () => {
  expect(typedFilter(" churn ")).toBe("name ILIKE '%churn%'");
  expect(typedFilter("50% a_b \\")).toBe(String.raw`name ILIKE '%50\% a\_b \\%'`);
});

test("what uses the grammar is taken as it is", () => {
  for (const typed of ["owner = 'growth'", "tags.x", "name like 'a%'", "versions>3", "NOT owner = 'x'"]) {
    expect([typed, `name ILIKE '%${typed}%'`]).toContain(typedFilter(typed));
  }
  expect(typedFilter("owner =")).toBe("owner =");
});

test("what is typed and what is chosen both hold, whatever is typed", () => {
  expect(filterOf({ q: "versions > 1 OR versions = 0", stage: "production", owner: "it's", tag: ["team=growth", "a`b"] })).toBe(
    "(versions > 1 OR versions = 0) AND stage = 'production' AND owner = 'it''s' AND tags.`team` = 'growth' AND tags.`a``b` LIKE '%'",
  );
});

test("a tag's value may hold what parts it from its key", () => {
  expect(filterOf({ tag: ["a=b=c"] })).toBe("tags.`a` = 'b=c'");
});

test("nothing typed and nothing chosen asks for everything", () => {
  expect(filterOf({})).toBe("");
});
