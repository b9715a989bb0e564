import { compact, textOf, type Query } from "../../address";

/** The state of the page that its address holds. */
export const readSearch = (query: Query) => compact({ tab: textOf(query.tab) });

export type VersionSearch = ReturnType<typeof readSearch>;
