/** What an event says, in words: who did what to which version, and the details beside it. */
import type { Event } from "../api/types";

export type Tone = "plain" | "good" | "bad" | "warn";

export interface Told {
  /** What was done, so that "ana <verb> churn/3" is a sentence; `rest` ends it. */
  verb: string;
  rest: string;
  tone: Tone;
}

type Teller = (event: Event) => Partial<Told> & { verb: string };

const TELLERS: Record<string, Teller> = {
  "model.created": () => ({ verb: "created" }),
  "model.updated": (event) => ({ verb: "changed", rest: `${changed(event)} of the model` }),
  "model.renamed": (event) => ({ verb: "renamed", rest: `from ${text(event.before.name)} to ${text(event.after.name)}` }),
  "model.deleted": () => ({ verb: "deleted", tone: "bad" }),
  "model.restored": () => ({ verb: "restored" }),
  "model.purged": () => ({ verb: "purged", tone: "bad" }),
  "version.registered": () => ({ verb: "registered" }),
  "version.uploaded": () => ({ verb: "uploaded", rest: "whole" }),
  "version.verified": () => ({ verb: "proved", rest: "every byte", tone: "good" }),
  "version.quarantined": () => ({ verb: "quarantined", tone: "warn" }),
  "version.released": () => ({ verb: "released", rest: "from quarantine", tone: "good" }),
  "version.rejected": () => ({ verb: "rejected", tone: "bad" }),
  "version.expired": () => ({ verb: "gave up", rest: "as its bytes did not come in time", tone: "bad" }),
  "version.challenged": () => ({ verb: "asked for proof of" }),
  "version.redriven": () => ({ verb: "drove again" }),
  "version.updated": (event) => ({ verb: "changed", rest: `(${changed(event)})` }),
  "version.promoted": (event) => ({ verb: "moved", rest: move(event), tone: "good" }),
  "version.replaced": (event) => ({ verb: "replaced", rest: move(event) }),
  "version.evaluated": () => ({ verb: "evaluated" }),
  "version.deleted": () => ({ verb: "deleted", tone: "bad" }),
  "version.restored": () => ({ verb: "restored" }),
  "version.purged": () => ({ verb: "purged", tone: "bad" }),
  "alias.set": (event) => ({ verb: "gave", rest: `the alias ${text(event.after.alias)}` }),
  "alias.replaced": (event) => ({ verb: "took from", rest: `the alias ${text(event.before.alias)}` }),
  "alias.removed": (event) => ({ verb: "took from", rest: `the alias ${text(event.before.alias)}` }),
};

/** An event in words. A type that is not known here yet is told by its own name. */
export function tell(event: Event): Told {
  const teller = TELLERS[event.type];
  return { rest: "", tone: "plain", ...(teller === undefined ? { verb: event.type } : teller(event)) };
}

/** The actor without its kind: "ana" of "local:ana"; the registry's own parts as "the registry". */
export function actorName(actor: string): string {
  const colon = actor.indexOf(":");
  if (actor.slice(0, colon) === "modelyard") return "the registry";
  return colon < 0 ? actor : actor.slice(colon + 1);
}

function move(event: Event): string {
  return `from ${text(event.before.stage)} to ${text(event.after.stage)}`;
}

function changed(event: Event): string {
  const names = Object.keys(event.after).filter((name) => name !== "card_digest");
  if ("card_digest" in event.after) names.push("card");
  return names.join(", ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
