import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("what the versions are filtered by may be narrower than its fields want, as a window of 320 px needs it", () => {
  const styles = readFileSync("src/pages/model/ModelPage.module.css", "utf8");
  const rule = /^\.filters \{([^}]*)\}/m.exec(styles)?.[1] ?? "";
  expect(rule).toContain("min-width: 0;");
  expect(rule).toContain("max-width: 100%;");
});
