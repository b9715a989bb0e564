import { expect, test } from "vitest";
import type { Event, Version } from "../../api/types";
import { event, version } from "../../testing/made";
import { trustLines } from "./trust";

const lineOf = (key: string, given: Partial<Version> & Record<string, unknown>, history: Event[] = []) =>
  trustLines(version(given), { entries: history, more: false }).find((line) => line.key === key);

test("there are five lines, in the order in which trust is built", () => {
  expect(trustLines(version(), { entries: [], more: false }).map(({ title }) => title)).toEqual(["Bytes proven", "Inspected", "Signed", "Evaluated", "Approved"]);
});

test("bytes are proven only where somebody vouched for them", () => {
  expect(lineOf("proven", {})?.standing).toBe("yes");
  expect(lineOf("proven", { proof: "", verified_at: null, state: "uploading" })?.says).toMatch(/^Not yet/);
  expect(lineOf("proven", { proof_pending: true })?.standing).toBe("doubt");
  expect(lineOf("proven", { proof: "", verified_at: null, state: "rejected", refusal: ["a digest differs"] })).toMatchObject({ standing: "no", says: "a digest differs" });
});

test("what nobody looked into is not called clean", () => {
  expect(lineOf("inspected", { inspected: null })?.standing).toBe("not-yet");
  const bad = { rules: 2, verdict: "malicious", files: 1, incomplete: 0, findings: { malicious: 1 }, found: ["pickle.dangerous-import"] };
  expect(lineOf("inspected", { inspected: bad })).toMatchObject({ standing: "no" });
});

test("a release says who judged, and stays something to look at", () => {
  const inspected = { rules: 2, verdict: "suspicious", files: 1, incomplete: 0, findings: { suspicious: 1 }, found: ["pickle.unknown-import"] };
  const review = { by: "local:ben", decision: "released", reason: "our own class", found: [], rules: 2 };
  const line = lineOf("inspected", { inspected, review });
  expect(line?.standing).toBe("doubt");
  expect(line?.says).toContain("Released by ben: “our own class”");
});

const vouched = { verdict: "valid", id: 9, count: 1, by: "release key", identity: "", added_by: "local:ana", checked_at: null, files: { signed: 1 } };

test("a signature counts as far as its verdict goes, and whose it is is said", () => {
  expect(lineOf("signed", {})?.says).toMatch(/^Not yet/);
  expect(lineOf("signed", { signed: vouched })).toMatchObject({ standing: "yes", evidence: "signatures" });
  expect(lineOf("signed", { signed: vouched })?.says).toContain("by release key: valid");
  const standing = (verdict: string) => lineOf("signed", { signed: { ...vouched, verdict } })?.standing;
  expect(["invalid", "untrusted", "partial", "unproven", "pending", "of tomorrow"].map(standing)).toEqual(["no", "doubt", "doubt", "doubt", "not-yet", "doubt"]);
});

test("provenance says who built it, and does not stand for a signature", () => {
  const provenance = { ...vouched, verdict: "matching", builder: "https://ci.example/b", build_type: "", source: "" };
  const line = lineOf("signed", { provenance });
  expect(line?.standing).toBe("not-yet");
  expect(line?.says).toContain("Built by https://ci.example/b: provenance matches every file.");
});

const on = (dataset: string, split = "") => ({ dataset, digest: "", split, unit: "" });

test("metrics without data are no evaluation to rely on, and are named", () => {
  expect(lineOf("evaluated", {})?.standing).toBe("not-yet");
  expect(lineOf("evaluated", { metrics: { auc: 0.9 }, measured: { auc: on("") } })?.standing).toBe("doubt");
  expect(lineOf("evaluated", { metrics: { auc: 0.9 }, measured: { auc: on("holdout", "test") } })).toMatchObject({ standing: "yes", says: "1 metric, measured on holdout test." });
  const partly = { metrics: { auc: 0.9, f1: 0.8, log_loss: 0.2, seconds: 3 }, measured: { auc: on("holdout", "test"), f1: on("holdout", "test") } };
  expect(lineOf("evaluated", partly)).toMatchObject({ standing: "doubt", says: "2 of 4 metrics were measured, on holdout test; nobody said where log_loss, seconds come from." });
});

test("what was rejected for what is in it is not said to have other bytes than declared", () => {
  const inspected = { rules: 2, verdict: "malicious", files: 1, incomplete: 0, findings: { malicious: 1 }, found: ["pickle.dangerous-import"] };
  const gone = { proof: "", verified_at: null, state: "rejected", inspected };
  expect(lineOf("proven", { ...gone, refusal: ["pickle.dangerous-import: a.pkl"] })?.standing).toBe("not-yet");
  expect(lineOf("proven", { ...gone, inspected: { ...inspected, verdict: "suspicious" }, refusal: ["pickle.unknown-import: a.pkl"] })?.standing).toBe("not-yet");
  expect(lineOf("proven", { ...gone, refusal: ["missing: a.pkl"] })).toMatchObject({ standing: "no", says: "missing: a.pkl" });
});

test("what was not read of the history is not said not to be", () => {
  const said = (known: Parameters<typeof trustLines>[1]) => trustLines(version(), known).find(({ key }) => key === "approved")?.says;
  expect(said("pending")).toBe("The history is being read.");
  expect(said("failed")).toBe("The history could not be read.");
  expect(said({ entries: [], more: true })).not.toMatch(/^Not yet/);
});

test("of several moves the newest counts", () => {
  const move = (stage: string, sequence: number) => event({ sequence, after: { stage } });
  expect(lineOf("approved", { stage: "production" }, [move("production", 9), move("staging", 4)])?.says).toContain("to production");
});

test("approval is the last move to a stage that serves, and whose it was", () => {
  const moved = event({ type: "version.promoted", after: { stage: "production" }, reason: "better" });
  expect(lineOf("approved", { stage: "production" }, [moved])).toMatchObject({ standing: "yes", says: "ana moved it to production: “better”." });
  expect(lineOf("approved", { stage: "archived" }, [moved])?.standing).toBe("doubt");
  expect(lineOf("approved", {}, [event({ type: "version.promoted", after: { stage: "development" } })])?.standing).toBe("not-yet");
});
