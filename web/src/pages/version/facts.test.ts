import { expect, test } from "vitest";
import { factRows, factText, withoutFrontMatter } from "./facts";
import { isFresh, proofOf } from "./fileRows";

test("what people ask for first comes first", () => {
  expect(factRows({ zebra: 1, parameters: 7_000_000, format: "onnx" }).map(({ name }) => name)).toEqual(["format", "parameters", "zebra"]);
});

test("bytes by type are sizes, long lists say how much is left", () => {
  expect(factText("dtypes", { F32: 1024 })).toBe("F32: 1.0 KiB");
  expect(factText("imports", Array.from({ length: 14 }, (_, place) => `m${place}`))).toMatch(/m11 and 2 more$/);
});

test("no file is proven before all are", () => {
  expect(proofOf({ proof: "", verified_at: null })).toBe("not yet");
  expect(proofOf({ proof: "bytes", verified_at: "2026-03-01T12:00:00Z" })).toBe("by reading");
});

test("a link that is about to expire is not offered", () => {
  const download = { method: "GET", url: "/blobs/x", headers: {}, expires_at: "2026-03-01T12:00:00Z" };
  const file = { path: "a", size: 1, digest: "sha256:0", parts: [], download };
  expect(isFresh(file, Date.parse("2026-03-01T11:59:55Z"))).toBe(false);
  expect(isFresh(file, Date.parse("2026-03-01T11:59:00Z"))).toBe(true);
});

test("a card's front matter is for programs; a rule further down stays", () => {
  expect(withoutFrontMatter("---\nlicense: mit\n---\n# Churn\n\n---\n")).toBe("# Churn\n\n---\n");
  expect(withoutFrontMatter("# Churn\n---\nx\n---\n")).toBe("# Churn\n---\nx\n---\n");
});
