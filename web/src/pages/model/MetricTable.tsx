import type { ReactElement } from "react";
import { StageBadge } from "../../parts/Badges";
import { significant } from "../../parts/format";
import { VersionLink } from "../../parts/Links";
import { VirtualTable, type Column } from "../../parts/VirtualTable";
import { MetricValue } from "../../parts/Words";
import { beats, type Direction, type Point } from "./metricData";
import classes from "./ModelPage.module.css";

interface MetricTableProps {
  name: string;
  metric: string;
  points: readonly Point[];
  best: Point | undefined;
  incumbent: Point | undefined;
  direction: Direction | undefined;
}

/** What the chart shows, as a table for who would rather read it. */
export function MetricTable({ name, metric, points, best, incumbent, direction }: MetricTableProps): ReactElement | null {
  if (points.length === 0) return null;
  const columns: Column<Point>[] = [
    { key: "version", header: "Version", width: "90px", cell: ({ version }) => <VersionLink name={name} number={version} short /> },
    { key: "stage", header: "Stage", width: "minmax(130px, 1fr)", cell: ({ stage }) => <StageBadge stage={stage} /> },
    { key: "value", header: <bdi title={metric}>{metric}</bdi>, width: "minmax(110px, 1fr)", align: "end", cell: ({ value }) => <MetricValue value={value} /> },
    { key: "against", header: "Against production", width: "minmax(150px, 1fr)", align: "end", cell: (point) => against(point, incumbent, direction) },
    { key: "best", header: "", width: "70px", cell: (point) => (point.version === best?.version ? "best" : "") },
  ];
  return (
    <details className={classes.details}>
      <summary>The values as a table</summary>
      <VirtualTable label={`${metric} over versions`} columns={columns} rows={points.toReversed()} rowKey={({ version }) => String(version)} maxHeight="360px" />
    </details>
  );
}

function against(point: Point, incumbent: Point | undefined, direction: Direction | undefined): string {
  if (incumbent === undefined || point.version === incumbent.version) return "–";
  const delta = point.value - incumbent.value;
  const better = beats(point.value, incumbent.value, direction);
  const word = better === undefined || delta === 0 ? "" : better ? " better" : " worse";
  return `${delta > 0 ? "+" : ""}${significant(delta)}${word}`;
}
