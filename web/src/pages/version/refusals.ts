/** Why a stage change was refused, in words that say what to do about it. */
import { Problem } from "../../api/problems";
import type { Version } from "../../api/types";

export interface Requirement {
  name: string;
  held: boolean;
  expected: string;
  actual: string;
}

const WORDS: Record<string, string> = {
  stage_known: "The stage is one of the registry's",
  version_ready: "The version is ready",
  stage_has_room: "The stage has room",
};

/** The requirements that a refusal lists; empty when it is another kind of refusal. */
export function requirementsOf(error: unknown): Requirement[] {
  const listed = error instanceof Problem ? error.facts.requirements : undefined;
  return Array.isArray(listed) ? listed.filter(isRequirement) : [];
}

/** A requirement as a sentence; one that is not known here by its own name. */
export function requirementTitle({ name }: Requirement): string {
  return WORDS[name] ?? name.replaceAll("_", " ");
}

/** Whether somebody else changed the version since it was read. */
export function isStale(error: unknown): boolean {
  return error instanceof Problem && error.status === 412;
}

/** What differs between the version as it was read and as it is now: facts that matter for a move. */
export function changesBetween(before: Version, now: Version): { what: string; from: string; to: string }[] {
  const facts: [string, (version: Version) => string][] = [
    ["stage", ({ stage }) => stage],
    ["state", ({ state }) => state],
    ["aliases", ({ aliases }) => [...aliases].sort().join(", ") || "none"],
    ["metrics", ({ metrics }) => pairs(metrics)],
    ["tags", ({ tags }) => pairs(tags)],
    ["description", ({ description }) => description || "none"],
    ["card", ({ card_digest }) => card_digest || "none"],
  ];
  return facts
    .map(([what, read]) => ({ what, from: read(before), to: read(now) }))
    .filter(({ from, to }) => from !== to);
}

function pairs(facts: Record<string, unknown>): string {
  const names = Object.keys(facts).sort();
  return names.map((name) => `${name}=${String(facts[name])}`).join(", ") || "none";
}

function isRequirement(one: unknown): one is Requirement {
  return typeof one === "object" && one !== null && "name" in one && "held" in one;
}
