/** What verdicts on signatures and provenance mean, in a few words. */
const MEANS: Readonly<Record<string, string>> = {
  valid: "valid, by a signer who is trusted here, for every file",
  matching: "matches every file",
  partial: "holds, but not for every file",
  unproven: "its digests say nothing of these files",
  untrusted: "made by nobody who is trusted here",
  invalid: "not valid",
  pending: "being checked",
};

/** A verdict in words; one that this page does not know is shown as it is. */
export function verdictOf(verdict: string): string {
  return MEANS[verdict] ?? verdict;
}
