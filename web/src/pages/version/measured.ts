/** How metrics came about, in a few words. */
import type { Evaluation, Event } from "../../api/types";
import { shortDigest } from "../../parts/format";
import { directionsIn, isDirection, type Direction } from "../model/metricData";

interface Data {
  dataset: string;
  digest: string;
  split: string;
}

/** The data as "subscribers-holdout test"; empty where nothing is known of it. */
export function dataOf(on: Data | undefined): string {
  if (on === undefined) return "";
  const name = on.dataset || (on.digest === "" ? "" : shortDigest(on.digest)) || (on.split === "" ? "" : "unnamed data");
  return [name, on.split].filter((word) => word !== "").join(" ");
}

/** Which values of metrics are better, as reports and the journal said, as far as they are read. */
export function directionsOf(reports: readonly Evaluation[], entries: readonly Event[]): Map<string, Direction> {
  const known = directionsIn(entries);
  for (const { metrics } of reports) for (const [name, { direction }] of Object.entries(metrics)) if (isDirection(direction)) known.set(name, direction);
  return known;
}
