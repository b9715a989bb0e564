import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Problem, Unreachable } from "../api/problems";
import { refusal, show } from "../testing/render";
import { StageBadge, StateBadge } from "./Badges";
import { CopyCommand } from "./CopyCommand";
import { Markdown } from "./Markdown";
import { Empty, ProblemNotice } from "./Notices";
import { tip } from "./tip";
import { DigestText, MetricValue, TagLine, Tags, UserText, When } from "./Words";

const HOSTILE = '<script>alert(1)</script>"‮%23';

test("a state and a stage are told by words, known here or not", () => {
  show([<StateBadge key="1" state="ready" />, <StageBadge key="2" stage="canary" />]);
  expect(screen.getByText("ready").parentElement?.title).toBe("state ready");
  expect(screen.getByText("canary").parentElement?.title).toBe("stage canary");
});

test("what users wrote is text, isolated from what is around it, and whole on hover", () => {
  show([<UserText key="1" text={HOSTILE} />, <Tags key="2" tags={{ [HOSTILE]: HOSTILE }} />]);
  const text = screen.getByText(HOSTILE);
  expect([text.tagName, text.title]).toEqual(["BDI", HOSTILE]);
  expect(screen.getByText(`${HOSTILE}=${HOSTILE}`).tagName).toBe("BDI");
  expect(document.querySelector("script")).toBeNull();
});

test("in a row of a table tags take one line, and hovering tells the others", () => {
  const tags = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`tag ${index}`, "long ".repeat(40)]));
  show(<TagLine tags={tags} />);
  expect(screen.getAllByTitle(/^tag \d = /)).toHaveLength(3);
  expect(screen.getByText("+7").title.split("\n")).toHaveLength(7);
});

test("a moment is relative, and exact for machines and screen readers", () => {
  show(<When time={new Date(Date.now() - 3 * 60_000).toISOString()} />);
  const time = screen.getByText(/3 minutes ago/);
  expect(time.getAttribute("datetime")).toMatch(/Z$/);
  expect(time.textContent).toMatch(/\(.+\d\d:\d\d.*\)/);
});

test("a digest is short, and a click copies all of it", async () => {
  const user = userEvent.setup();
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  show(<DigestText digest={digest} />);
  await user.click(screen.getByRole("button", { name: /sha256:0123456789ab/ }));
  expect(await navigator.clipboard.readText()).toBe(digest);
  expect(screen.getByRole("button", { name: /is copied/ })).toBeTruthy();
});

test("a command is copied as it stands", async () => {
  const user = userEvent.setup();
  show(<CopyCommand command="modelyard pull churn/1" />);
  await user.click(screen.getByRole("button", { name: "Copy the command" }));
  expect(await navigator.clipboard.readText()).toBe("modelyard pull churn/1");
});

test("a measured value shows its significant digits and keeps the others", () => {
  show(<MetricValue value={0.123456789} unit="nats" />);
  expect(screen.getByTitle("0.123456789 nats").textContent).toBe("0.1235 nats");
});

test("a refusal is told in the registry's words, with its request", () => {
  const problem = new Problem({
    type: "", title: "Version not ready", status: 409, detail: "churn/3 is rejected", instance: "urn:request:9",
    code: "conflict", kind: "VersionNotReady", field: null, facts: {},
  });
  show(<ProblemNotice error={problem} />);
  expect(screen.getByText("Version not ready")).toBeTruthy();
  expect(screen.getByText("Churn/3 is rejected.")).toBeTruthy();
  expect(screen.getByText("urn:request:9")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});

test("what may pass offers the retry", async () => {
  const retry = vi.fn();
  show(<ProblemNotice error={new Unreachable(null)} retry={retry} />);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});

test("a forbidden thing says what still works", async () => {
  const document = (await refusal(403, "Forbidden", "not for you").json()) as ConstructorParameters<typeof Problem>[0];
  show(<ProblemNotice error={new Problem(document)} />);
  expect(screen.getByText(/The rest of it goes on/)).toBeTruthy();
});

test("where nothing is, a command changes it", () => {
  show(<Empty title="No models yet." command="modelyard push churn model.joblib" />);
  expect(screen.getByText("modelyard push churn model.joblib")).toBeTruthy();
});

test("nothing in Markdown runs, loads or leads astray", async () => {
  const text = [
    "# Title", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[bad](javascript:alert(1))",
    "![plot](https://evil.example/p.png)", "[good](https://example.org)", "| a | b |\n|---|---|\n| 1 | 2 |",
  ].join("\n\n");
  show(<Markdown text={text} />);
  expect((await screen.findByText("Title")).tagName).toBe("H3");
  expect(document.querySelectorAll("script, img, iframe")).toHaveLength(0);
  expect(screen.getByText("bad").closest("a")).toBeNull();
  expect(screen.getByText("plot").closest("a")?.href).toBe("https://evil.example/p.png");
  expect(screen.getByText("good").closest("a")?.rel).toContain("noopener");
  expect(screen.getByRole("table")).toBeTruthy();
});

test("a chart's tooltip takes names for text", () => {
  const box = tip(HOSTILE, [[HOSTILE, "1"]]);
  expect(box.querySelector("script")).toBeNull();
  expect(box.textContent).toBe(`${HOSTILE}${HOSTILE}: 1`);
});
