import { expect, test } from "vitest";
import type { Event, Version } from "../../api/types";
import { event, version } from "../../testing/made";
import { trustLines } from "./trust";

const lineOf = (key: string, given: Partial<Version> & Record<string, unknown>, history: Event[] = []) =>
  trustLines(version(given), history).find((line) => line.key === key);

test("there are five lines, in the order in which trust is built", () => {
  expect(trustLines(version(), []).map(({ title }) => title)).toEqual(["Bytes proven", "Inspected", "Signed", "Evaluated", "Approved"]);
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

test("signatures are read where the registry tells of them, and are not yet there where it does not", () => {
  expect(lineOf("signed", {})?.says).toMatch(/^Not yet/);
  expect(lineOf("signed", { signed: { verdict: "valid", by: "release key" } })).toMatchObject({ standing: "yes", says: "A valid signature by release key." });
  expect(lineOf("signed", { signed: { verdict: "invalid" } })?.standing).toBe("no");
  expect(lineOf("signed", { signed: { verdict: "untrusted" } })?.standing).toBe("doubt");
  expect(lineOf("signed", { signed: { verdict: 3 } })?.standing).toBe("not-yet");
});

test("metrics without data are no evaluation to rely on", () => {
  expect(lineOf("evaluated", {})?.standing).toBe("not-yet");
  expect(lineOf("evaluated", { metrics: { auc: 0.9 } })?.standing).toBe("doubt");
  expect(lineOf("evaluated", { metrics: { auc: 0.9 }, evaluated: [{ dataset: "holdout", digest: "", split: "test" }] })?.says).toContain("holdout test");
});

test("approval is the last move to a stage that serves, and whose it was", () => {
  const moved = event({ type: "version.promoted", after: { stage: "production" }, reason: "better" });
  expect(lineOf("approved", { stage: "production" }, [moved])).toMatchObject({ standing: "yes", says: "ana moved it to production: “better”." });
  expect(lineOf("approved", { stage: "archived" }, [moved])?.standing).toBe("doubt");
  expect(lineOf("approved", {}, [event({ type: "version.promoted", after: { stage: "development" } })])?.standing).toBe("not-yet");
});
