import { compact, textOf, type Query } from "../../address";

/** The state of the page that its address holds. */
export const readSearch = (query: Query) => compact({ metric: textOf(query.metric) });

export type ModelSearch = ReturnType<typeof readSearch>;
