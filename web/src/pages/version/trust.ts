/** The five lines that say whether a version can be trusted: what is known, and an honest "not yet" where nothing is. */
import type { Event, Version } from "../../api/types";
import { actorName } from "../../parts/events";
import { counted } from "../../parts/format";
import { verdictOf } from "./attested";
import type { Tab } from "./search";

export type Standing = "yes" | "not-yet" | "doubt" | "no";

export interface TrustLine {
  key: "proven" | "inspected" | "signed" | "evaluated" | "approved";
  title: string;
  standing: Standing;
  says: string;
  /** When it came to be so, where that is known. */
  time: string | null;
  evidence: Tab;
}

/** What a verdict on signatures makes of it; any other leaves it in doubt. */
const SIGNED: Readonly<Record<string, Standing>> = { valid: "yes", pending: "not-yet", invalid: "no" };

const SERVING = new Set(["staging", "production"]);

export function trustLines(version: Version, history: readonly Event[]): TrustLine[] {
  return [proven(version), inspected(version), signed(version), evaluated(version), approved(version, history)];
}

function proven(version: Version): TrustLine {
  const line = { key: "proven", title: "Bytes proven", evidence: "files", time: version.verified_at } as const;
  const files = counted(version.file_count, "file");
  if (version.proof_pending) return { ...line, standing: "doubt", says: "Somebody asked for proof again; the verdict is under way." };
  if (version.verified_at !== null && version.proof !== "") return { ...line, standing: "yes", says: provenBy(version.proof, files) };
  if (version.state === "rejected" && version.inspected?.verdict === "malicious") return { ...line, standing: "not-yet", says: "Not said: it was rejected for what its files hold." };
  if (version.state === "rejected") return { ...line, standing: "no", says: version.refusal.join("; ") || "The bytes were refused." };
  if (version.state === "verifying") return { ...line, standing: "not-yet", says: "Not yet: the bytes are there, the proof is under way." };
  return { ...line, standing: "not-yet", says: "Not yet: the bytes are still to come." };
}

function provenBy(proof: string, files: string): string {
  if (proof === "storage") return `Storage vouched for the digest of every byte, in ${files}.`;
  return proof === "bytes" ? `Every byte was read and hashed again, in ${files}.` : `Proven by ${proof}, in ${files}.`;
}

function inspected(version: Version): TrustLine {
  const line = { key: "inspected", title: "Inspected", evidence: "files", time: null } as const;
  const { inspected: seen, review } = version;
  if (seen == null) return { ...line, standing: "not-yet", says: "Not yet: nobody looked into the files." };
  const by = `by rules ${seen.rules}`;
  if (seen.verdict === "clean") return { ...line, standing: "yes", says: `Nothing dangerous in ${counted(seen.files, "file")}, ${by}.` };
  const found = seen.found.length > 0 ? seen.found.join(", ") : counted(seen.incomplete, "file was not read to its end", "files were not read to their end");
  if (review != null) return { ...line, standing: review.decision === "released" ? "doubt" : "no", says: `${found}. ${judged(review)}` };
  return { ...line, standing: seen.verdict === "malicious" ? "no" : "doubt", says: `${seen.verdict}: ${found}, ${by}.` };
}

function judged(review: { by: string; decision: string; reason: string }): string {
  const why = review.reason === "" ? "" : `: “${review.reason}”`;
  return `${review.decision === "released" ? "Released" : "Rejected"} by ${actorName(review.by)}${why}.`;
}

function signed(version: Version): TrustLine {
  const { signed: by, provenance } = version;
  const line = { key: "signed", title: "Signed", evidence: "signatures", time: by?.checked_at ?? null } as const;
  const origin = provenance == null ? "" : ` Built by ${provenance.builder || "nobody who is named"}: provenance ${verdictOf(provenance.verdict)}.`;
  if (by == null) return { ...line, standing: "not-yet", says: `Not yet: no signature is kept with it.${origin}` };
  const whom = by.by === "" ? "" : ` by ${by.by}`;
  const says = `Its signature${whom}: ${verdictOf(by.verdict)}.${origin}`;
  return { ...line, standing: SIGNED[by.verdict] ?? "doubt", says };
}

function evaluated(version: Version): TrustLine {
  const line = { key: "evaluated", title: "Evaluated", evidence: "evaluations", time: null } as const;
  const metrics = counted(Object.keys(version.metrics).length, "metric");
  const data = version.evaluated.map(({ dataset, split }) => [dataset || "unnamed data", split].filter(Boolean).join(" "));
  if (data.length > 0) return { ...line, standing: "yes", says: `${metrics}; measured on ${listed(data)}.` };
  if (Object.keys(version.metrics).length === 0) return { ...line, standing: "not-yet", says: "Not yet: no metric was reported." };
  return { ...line, standing: "doubt", says: `${metrics}, but nobody said on which data.` };
}

function approved(version: Version, history: readonly Event[]): TrustLine {
  const line = { key: "approved", title: "Approved", evidence: "history" } as const;
  const moves = history.filter(({ type, after }) => type === "version.promoted" && SERVING.has(String(after.stage)));
  const last = moves.at(-1);
  if (last === undefined) {
    const serves = SERVING.has(version.stage);
    return { ...line, time: null, standing: serves ? "doubt" : "not-yet", says: serves ? `It stands in ${version.stage}.` : "Not yet: nobody moved it to a stage that serves." };
  }
  const why = last.reason === "" ? ", without a comment" : `: “${last.reason}”`;
  const says = `${actorName(last.actor)} moved it to ${String(last.after.stage)}${why}.`;
  if (SERVING.has(version.stage)) return { ...line, time: last.time, standing: "yes", says };
  return { ...line, time: last.time, standing: "doubt", says: `${says} It is in ${version.stage} now.` };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
