/** What ECharts draws of a metric: a series for each stage with a shape and colour of its own, the incumbent's line, the best. */
import { colour } from "../../parts/chartTheme";
import { significant } from "../../parts/format";
import { tip } from "../../parts/tip";
import { markOf } from "./marks";
import type { Point } from "./metricData";

/** Beyond these the library's axes fail. */
const TINY = 1e-12;
const HUGE = 1e15;

type Draw = (point: Point) => [version: number, value: number];

interface Drawn {
  metric: string;
  points: readonly Point[];
  best: Point | undefined;
  incumbent: Point | undefined;
}

/** `[version, value]` for each point; the version is the category, since numbers may be missing. */
export function metricOption({ metric, points, best, incumbent }: Drawn): Record<string, unknown> {
  const scale = scaleOf(points);
  const drawn: Draw = ({ version, value }) => [version, value * scale];
  return {
    grid: { left: 8, right: 16, top: 24, bottom: 28, containLabel: true },
    tooltip: { trigger: "item", formatter: ({ data }: { data?: { point?: Point } }) => tipOf(metric, data?.point, best, incumbent) },
    xAxis: versionAxis(points),
    yAxis: { type: "value", scale: true, axisLabel: { formatter: (value: number) => significant(value / scale) } },
    series: [trace(points, drawn), ...stagesOf(points).map((stage) => stageSeries(stage, points, drawn)), ...bestSeries(best, drawn), ...incumbentSeries(incumbent, drawn)],
  };
}

/** Versions as they are numbered, also where some are missing. */
function versionAxis(points: readonly Point[]): object {
  const [first, last] = [points[0]?.version ?? 0, points.at(-1)?.version ?? 0];
  const lone = first === last ? 1 : 0;
  const formatter = (version: number): string => (Number.isInteger(version) ? String(version) : "");
  const words = { name: "version", nameLocation: "middle", nameGap: 24, axisLabel: { hideOverlap: true, formatter } };
  return { type: "value", min: first - lone, max: last + lone, minInterval: 1, splitLine: { show: false }, ...words };
}

/** The stages that there are, as the chart and its legend order them. */
export function stagesOf(points: readonly Point[]): string[] {
  return [...new Set(points.map((point) => point.stage))].sort();
}

/** The chosen point's version, which a click leads to. */
export function versionAt(data: unknown): number | undefined {
  return (data as { point?: Point } | undefined)?.point?.version;
}

/** What values are multiplied by to be drawn: 1 but for extreme ones. */
export function scaleOf(points: readonly Point[]): number {
  const largest = points.reduce((size, { value }) => Math.max(size, Math.abs(value)), 0);
  if (largest === 0 || (largest > TINY && largest < HUGE)) return 1;
  return 10 ** -Math.max(Math.floor(Math.log10(largest)), -300);
}

function trace(points: readonly Point[], drawn: Draw): object {
  const line = { color: colour("--line-strong"), width: 1, opacity: 0.6 };
  return { type: "line", symbol: "none", silent: true, lineStyle: line, data: points.map(drawn), z: 1 };
}

function stageSeries(stage: string, points: readonly Point[], drawn: Draw): object {
  const { shape: symbol, ink } = markOf(stage);
  const there = points.filter((point) => point.stage === stage);
  return {
    name: stage,
    type: "scatter",
    symbol,
    clip: false,
    symbolSize: stage === "development" ? 9 : 12,
    itemStyle: { color: colour(ink), borderColor: colour("--surface"), borderWidth: 1 },
    data: there.map((point) => ({ value: drawn(point), point })),
    z: 3,
  };
}

function bestSeries(best: Point | undefined, drawn: Draw): object[] {
  if (best === undefined) return [];
  const label = { show: true, position: "top", formatter: "best", color: colour("--text"), fontSize: 12, fontWeight: 600 };
  const ring = { color: "transparent", borderColor: colour("--text"), borderWidth: 1.5 };
  return [{ type: "scatter", silent: true, symbol: "circle", symbolSize: 22, itemStyle: ring, label, data: [drawn(best)], z: 4 }];
}

function incumbentSeries(incumbent: Point | undefined, drawn: Draw): object[] {
  if (incumbent === undefined) return [];
  const label = { formatter: `in production: ${incumbent.version}`, position: "insideStartTop", color: colour("--good"), fontSize: 12 };
  const line = { color: colour("--good"), type: "dashed", width: 1.5 };
  const markLine = { silent: true, symbol: "none", label, lineStyle: line, data: [{ yAxis: drawn(incumbent)[1] }] };
  return [{ type: "line", silent: true, data: [], markLine, z: 2 }];
}

function tipOf(metric: string, point: Point | undefined, best: Point | undefined, incumbent: Point | undefined): HTMLElement {
  if (point === undefined) return tip(metric, []);
  const rows: [string, string][] = [[metric, String(point.value)], ["stage", point.stage], ["state", point.state]];
  if (incumbent !== undefined && incumbent.version !== point.version) {
    const delta = point.value - incumbent.value;
    rows.push([`against ${incumbent.version}, in production`, `${delta > 0 ? "+" : ""}${significant(delta)}`]);
  }
  if (best?.version === point.version) rows.push(["of those shown", "the best"]);
  return tip(`Version ${point.version}`, rows);
}
