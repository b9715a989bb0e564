import { spawnSync } from "node:child_process";
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

/** Runs the recipe with a curl that fails for what ends in "bad", and a jq that lists three files. */
function run(recipe: string, resolves = true) {
  const fakes = [
    `curl() { for last; do :; done; echo "$last" >&2; case "$*" in *bad*) return 22;; *resolve*) return ${resolves ? 0 : 22};; esac; }`,
    "jq() { printf '%s\\n' a.txt /good b.txt /bad c.txt /never; }",
  ];
  const { status, stderr } = spawnSync("sh", ["-c", [...fakes, recipe.replace("resolved.json", "/dev/null")].join("\n")], { encoding: "utf8" });
  return { status, asked: stderr.trim().split("\n") };
}

test("with curl, the first file that fails is the last, and the failure is told", () => {
  expect(run(textOf("curl", "churn"))).toEqual({ status: 22, asked: ["ref=churn/3", "/good", "/bad"] });
  expect(run(textOf("curl", "churn"), false)).toEqual({ status: 22, asked: ["ref=churn/3"] });
  expect(textOf("curl", "churn")).not.toMatch(/-sf/);
});

test("with curl, a token goes to the registry where it wants one, and never to storage", () => {
  const recipe = (auth: "none" | "token" | "oidc") => pullCommands("http://r", "churn", 3, auth).find(({ key }) => key === "curl")?.text ?? "";
  expect(recipe("none")).not.toContain("Authorization");
  for (const auth of ["token", "oidc"] as const) {
    const [registry = "", ...storage] = recipe(auth).split("\n");
    expect(registry).toContain('-H "Authorization: Bearer $MODELYARD_TOKEN"');
    expect(storage.join()).not.toContain("TOKEN");
  }
});
