import { compact, textOf, type Query } from "../../address";

/** The state of the page that its address holds. */
export const readSearch = (query: Query) => compact({ model: textOf(query.model) });

export type ActivitySearch = ReturnType<typeof readSearch>;
