import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { command, quoted } from "./commands";

test("a word reaches the shell as it is, whatever it holds", () => {
  for (const word of ["churn", "it's", "$(reboot)", "a b", "`x`", "\\", '"', "!", "ü‮", "*", "", "-n", "#a", "a\nb"]) {
    expect(execFileSync("sh", ["-c", `printf %s ${quoted(word)}`], { encoding: "utf8" })).toBe(word);
  }
});

test("the address is given only where the command would not find it", () => {
  expect(command("http://127.0.0.1:8080", "pull", "churn/1")).toBe("modelyard pull churn/1");
  expect(command("https://m.example", "pull", "a b/1")).toBe("MODELYARD_URL=https://m.example modelyard pull 'a b/1'");
});
