import { expect, test } from "vitest";
import { pullCommands, pythonText } from "./pull";

const textOf = (key: string, name: string, url = "http://127.0.0.1:9000") =>
  pullCommands(url, name, 3).find((command) => command.key === key)?.text ?? "";

test("commands name the registry that the page is of", () => {
  for (const key of ["cli", "python", "curl"]) expect(textOf(key, "churn")).toContain("http://127.0.0.1:9000");
  expect(textOf("cli", "churn", "http://127.0.0.1:8080")).toBe("modelyard pull churn/3 ./out");
});

test("a hostile name stays one word in the shell", () => {
  expect(textOf("cli", "a'; rm -rf ~ #")).toContain("modelyard pull 'a'\\''; rm -rf ~ #/3' ./out");
  expect(textOf("curl", "a'b")).toContain("'ref=a'\\''b/3'");
});

test("a name that begins like an option is none", () => {
  expect(textOf("cli", "-rf")).toContain("pull -- -rf/3 ./out");
});

test("a hostile name stays one text in Python", () => {
  expect(textOf("python", 'a"b\\')).toContain('registry.pull("a\\"b\\\\/3", "./out")');
  expect(pythonText("\u202eabc")).toBe('"\\u202eabc"');
});
