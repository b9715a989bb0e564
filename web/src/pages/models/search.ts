import { compact, listOf, textOf, type Query } from "../../address";

/** The state of the list of models: the typed search, filters beside it, the order. */
export const readSearch = (query: Query) =>
  compact({
    q: textOf(query.q),
    stage: textOf(query.stage),
    owner: textOf(query.owner),
    tag: listOf(query.tag),
    order: textOf(query.order),
  });

export type ModelsSearch = ReturnType<typeof readSearch>;
