import { compact, listOf, type Query } from "../../address";

/** The versions that are compared, the first of which is the baseline. */
export const readSearch = (query: Query) => compact({ refs: listOf(query.refs) });

export type CompareSearch = ReturnType<typeof readSearch>;
