import { compact, listOf, textOf, type Query } from "../../address";

/** The state of the page that its address holds: the charted metric, the table's filter and columns, who is chosen, the timeline's view. */
export const readSearch = (query: Query) =>
  compact({
    metric: textOf(query.metric),
    stage: textOf(query.stage),
    cols: listOf(query.cols),
    pick: listOf(query.pick).filter((one) => /^[1-9][0-9]{0,9}$/.test(one)),
    from: momentOf(query.from),
    to: momentOf(query.to),
  });

export type ModelSearch = ReturnType<typeof readSearch>;

function momentOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : text;
}
