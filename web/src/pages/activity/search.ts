import { compact, listOf, textOf, type Query } from "../../address";

/** The state of the page that its address holds: part of a model's name, and types of events or their first word. */
export const readSearch = (query: Query) => compact({ model: textOf(query.model), type: listOf(query.type) });

export type ActivitySearch = ReturnType<typeof readSearch>;
