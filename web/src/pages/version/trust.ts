/** The five lines that say whether a version can be trusted: what is known, and an honest "not yet" where nothing is. */
import type { Event, Version } from "../../api/types";
import { actorName } from "../../parts/events";
import { counted } from "../../parts/format";
import { verdictOf } from "./attested";
import { dataOf } from "./measured";
import type { Tab } from "./search";

export type Standing = "yes" | "not-yet" | "doubt" | "no" | "pending" | "unread";

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

/** How a refusal begins that is of the bytes themselves; others are of what is in them, or a reviewer's. */
const OF_BYTES = /^(missing|digest_mismatch|size_mismatch): /;

/** What is known of a version's part of the journal: its entries, newest first, and whether there are earlier ones. */
export type Known = "pending" | "failed" | { entries: readonly Event[]; more: boolean };

export function trustLines(version: Version, history: Known): TrustLine[] {
  return [proven(version), inspected(version), signed(version), evaluated(version), approved(version, history)];
}

function proven(version: Version): TrustLine {
  const line = { key: "proven", title: "Bytes proven", evidence: "files", time: version.verified_at } as const;
  const files = counted(version.file_count, "file");
  if (version.proof_pending) return { ...line, standing: "doubt", says: "Somebody asked for proof again; the verdict is under way." };
  if (version.verified_at !== null && version.proof !== "") return { ...line, standing: "yes", says: provenBy(version.proof, files) };
  if (version.state === "rejected") return { ...line, ...refused(version) };
  if (version.state === "verifying") return { ...line, standing: "not-yet", says: "Not yet: the bytes are there, the proof is under way." };
  return { ...line, standing: "not-yet", says: "Not yet: the bytes are still to come." };
}

function refused({ inspected: seen, review, refusal }: Version): Pick<TrustLine, "standing" | "says"> {
  const faults = refusal.filter((reason) => OF_BYTES.test(reason));
  if (faults.length > 0) return { standing: "no", says: faults.join("; ") };
  if ((seen != null && seen.verdict !== "clean") || review != null) return { standing: "not-yet", says: "Not said: it was rejected for what its files hold, not for its bytes." };
  return { standing: "no", says: refusal.join("; ") || "The bytes were refused." };
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
  const names = Object.keys(version.metrics);
  const data = names.map((name) => dataOf(version.measured[name]));
  const unknown = names.filter((_, place) => data[place] === "");
  const known = listed([...new Set(data.filter((words) => words !== ""))]);
  if (names.length === 0) return { ...line, ...unmeasured(version) };
  const from = `nobody said where ${listed(unknown)} ${unknown.length === 1 ? "comes" : "come"} from`;
  if (unknown.length === names.length) return { ...line, standing: "doubt", says: `${counted(names.length, "metric")}, but nobody said on which data.` };
  if (unknown.length > 0) return { ...line, standing: "doubt", says: `${names.length - unknown.length} of ${counted(names.length, "metric")} ${names.length - unknown.length === 1 ? "was" : "were"} measured, on ${known}; ${from}.` };
  return { ...line, standing: "yes", says: `${counted(names.length, "metric")}, measured on ${known}.` };
}

/** Reports may be of parts of the data alone, or hold no metric: then the version has none of its own. */
function unmeasured({ evaluated: on }: Version): Pick<TrustLine, "standing" | "says"> {
  if (on.length === 0) return { standing: "not-yet", says: "Not yet: no metric was reported." };
  return { standing: "doubt", says: `There are reports on ${listed(on.map(dataOf))}, but no metric of all of it.` };
}

/** The move that put it where it serves; what was not read is never said not to be. */
function approved(version: Version, history: Known): TrustLine {
  const line = { key: "approved", title: "Approved", evidence: "history", time: null } as const;
  if (history === "pending") return { ...line, standing: "pending", says: "The history is being read." };
  if (history === "failed") return { ...line, standing: "unread", says: "The history could not be read." };
  const last = history.entries.find(({ type, after }) => type === "version.promoted" && SERVING.has(String(after.stage)));
  if (last !== undefined) return { ...line, time: last.time, ...moved(version, last) };
  if (SERVING.has(version.stage)) return { ...line, standing: "doubt", says: `It stands in ${version.stage}.${history.more ? " Who moved it there is further back in its history." : ""}` };
  if (history.more) return { ...line, standing: "doubt", says: `Nobody moved it to a stage that serves in its last ${counted(history.entries.length, "entry", "entries")}; it has earlier ones.` };
  return { ...line, standing: "not-yet", says: "Not yet: nobody moved it to a stage that serves." };
}

function moved(version: Version, last: Event): Pick<TrustLine, "standing" | "says"> {
  const why = last.reason === "" ? ", without a comment" : `: “${last.reason}”`;
  const says = `${actorName(last.actor)} moved it to ${String(last.after.stage)}${why}.`;
  return SERVING.has(version.stage) ? { standing: "yes", says } : { standing: "doubt", says: `${says} It is in ${version.stage} now.` };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
