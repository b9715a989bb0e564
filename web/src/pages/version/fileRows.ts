/** A version's files as the page shows them: each with its proof and with what was found in it. */
import type { File, FileFindings, Version } from "../../api/types";

export interface FileRow {
  file: File;
  findings: FileFindings | null;
  proof: string;
  /** The verdict in words; says so when nobody looked. */
  verdict: string;
  tone: "good" | "warn" | "bad" | "plain";
}

const TONES: Record<string, FileRow["tone"]> = { clean: "good", suspicious: "warn", incomplete: "warn", malicious: "bad" };

/** Files in the order of their paths, with the findings that came so far. */
export function fileRows(version: Version, files: readonly File[], findings: readonly FileFindings[]): FileRow[] {
  const seen = new Map(findings.map((one) => [one.path, one]));
  const proof = proofOf(version);
  return files.map((file) => rowOf(file, seen.get(file.path) ?? null, proof));
}

/** Rows stay the same objects while nothing changes in them, so that they are not drawn anew when more files come. */
const made = new WeakMap<File, FileRow>();

function rowOf(file: File, findings: FileFindings | null, proof: string): FileRow {
  const known = made.get(file);
  if (known?.findings === findings && known.proof === proof) return known;
  const row = { file, findings, proof, verdict: worded(findings), tone: TONES[findings?.verdict ?? ""] ?? "plain" };
  made.set(file, row);
  return row;
}

/** A version is proven as a whole: no file of it is, before all are. */
export function proofOf(version: Pick<Version, "proof" | "verified_at">): string {
  if (version.verified_at === null || version.proof === "") return "not yet";
  return version.proof === "bytes" ? "by reading" : `by ${version.proof}`;
}

/** Whether a signed address can still be used; some seconds are left for the click. */
export function isFresh(file: File, now: number): boolean {
  return file.download !== null && Date.parse(file.download.expires_at) - now > 10_000;
}

function worded(found: FileFindings | null): string {
  if (found === null || found.verdict === "") return "not looked into";
  const telling = found.findings.filter(({ severity }) => severity !== "info").length;
  return telling > 0 ? `${found.verdict}, ${telling}` : found.verdict;
}
