import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const IMPORTED = /import \{([^}]+)\} from "@mantine\/core"/g;

test("each component of the library that is used has its styles", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tsx"));
  const texts = sources.map((name) => readFileSync(`src/${name}`, "utf8")).join("\n");
  const used = [...texts.matchAll(IMPORTED)].flatMap(([, names = ""]) => names.split(",").map((name) => name.trim()));
  const styled = used.filter((name) => existsSync(`node_modules/@mantine/core/styles/${name}.css`));
  const styles = readFileSync("src/mantine.css", "utf8");
  expect(styled.length).toBeGreaterThan(5);
  expect(styled.filter((name) => !styles.includes(`/${name}.css`))).toEqual([]);
});
