import { compact, flagOf, listOf, textOf, type Query } from "../../address";

/**
 * What is compared and how it is looked at. `refs` comes once for each version, the first one being the baseline, so that a
 * name may hold any letter. `keep` holds ranges, as "0.9..1:metric auc": the axis is at the end, whatever it is called.
 */
export const readSearch = (query: Query) =>
  compact({
    refs: [...new Set(listOf(query.refs))],
    diff: flagOf(query.diff),
    fold: listOf(query.fold),
    keep: listOf(query.keep),
    x: textOf(query.x),
    y: textOf(query.y),
  });

export type CompareSearch = ReturnType<typeof readSearch>;
