import { compact, flagOf, textOf, type Query } from "../../address";

export const TABS = ["overview", "files", "evaluations", "signatures", "lineage", "history"] as const;
export type Tab = (typeof TABS)[number];

const DEEPEST = 10;

/** What of the version is shown: the tab, the file that is looked into, how far the lineage goes, the form that is open. */
export const readSearch = (query: Query) =>
  compact({
    tab: TABS.find((tab) => tab === textOf(query.tab) && tab !== "overview"),
    file: textOf(query.file),
    steps: stepsOf(query.steps),
    card: textOf(query.card) === "whole" ? ("whole" as const) : undefined,
    move: flagOf(query.move),
  });

export type VersionSearch = ReturnType<typeof readSearch>;

function stepsOf(value: unknown): number | undefined {
  const steps = typeof value === "number" ? value : Math.trunc(Number(textOf(value) ?? Number.NaN));
  return steps >= 1 && steps <= DEEPEST ? steps : undefined;
}

/** The state without one of its parts. */
export function without(search: VersionSearch, part: keyof VersionSearch): VersionSearch {
  return Object.fromEntries(Object.entries(search).filter(([name]) => name !== part));
}
