/** What the two charts of a comparison are drawn from. */
import type { EChartsCoreOption } from "echarts/core";
import { colour } from "../../parts/chartTheme";
import { significant } from "../../parts/format";
import { tip } from "../../parts/tip";
import type { Axis } from "./axes";

const NAME = 15;
const LEGEND_ROW = 8;
const ARROWS: Record<string, string> = { higher: " ↑", lower: " ↓" };
const SYMBOLS = ["diamond", "circle", "rect", "triangle", "arrow", "roundRect", "emptyCircle"];

/** A line for each version over all axes. */
export function parallelOption(axes: readonly Axis[], names: readonly string[]): EChartsCoreOption {
  return {
    tooltip: { trigger: "item" },
    legend: legend(names),
    parallel: { left: 56, right: 56, top: 44, bottom: 34 + 22 * Math.ceil(names.length / LEGEND_ROW), parallelAxisDefault: { type: "value", scale: true, splitNumber: 4, realtime: false, nameGap: 16, areaSelectStyle: { width: 18 } } },
    parallelAxis: axes.map((axis, dim) => ({ dim, id: axis.key, name: cut(axis.name) + (ARROWS[axis.direction ?? ""] ?? ""), axisLabel: { ...onPaper(), formatter: (value: number) => significant(value, 4) } })),
    series: names.map((name, place) => ({
      name,
      type: "parallel",
      lineStyle: { width: place === 0 ? 3 : 2, opacity: 0.9, type: place === 0 ? "solid" : ["solid", "dashed", "dotted"][Math.floor(place / 8) % 3] },
      inactiveOpacity: 0.12,
      activeOpacity: 0.95,
      smooth: false,
      emphasis: { lineStyle: { width: 4 } },
      tooltip: { formatter: () => tip(name, axes.map((axis) => [axis.name, shown(axis.values[place])])) },
      data: [axes.map((axis) => axis.values[place] ?? "-")],
    })),
  };
}

/** A point for each version; those that lack one of the two values have none. */
export function scatterOption(x: Axis, y: Axis, names: readonly string[], places: readonly number[]): EChartsCoreOption {
  const axis = (of: Axis) => ({ type: "value", scale: true, name: cut(of.name, 40) + (ARROWS[of.direction ?? ""] ?? ""), nameLocation: "middle", axisLabel: { formatter: (value: number) => significant(value, 4), hideOverlap: true } });
  return {
    tooltip: { trigger: "item" },
    grid: { left: 64, right: 32, top: 28, bottom: 52, containLabel: false },
    xAxis: { ...axis(x), nameGap: 30 },
    yAxis: { ...axis(y), nameGap: 46 },
    series: places.map((place) => ({
      name: names[place],
      type: "scatter",
      symbol: SYMBOLS[place % SYMBOLS.length],
      symbolSize: place === 0 ? 15 : 11,
      label: { show: true, position: "top", formatter: cut(names[place] ?? "", 22), color: "inherit" },
      labelLayout: { hideOverlap: true, moveOverlap: "shiftY" },
      tooltip: { formatter: () => tip(names[place] ?? "", [[x.name, shown(x.values[place])], [y.name, shown(y.values[place])]]) },
      data: points(x, y, place),
    })),
  };
}

/** The lines go behind the numbers of an axis. */
function onPaper(): object {
  return { backgroundColor: colour("--surface"), padding: [1, 2] };
}

function points(x: Axis, y: Axis, place: number): [number, number][] {
  const [across, up] = [x.values[place] ?? null, y.values[place] ?? null];
  return across === null || up === null ? [] : [[across, up]];
}

function legend(names: readonly string[]): object {
  return { type: "plain", bottom: 0, itemWidth: 18, itemHeight: 8, itemGap: 18, data: [...names], formatter: (name: string) => cut(name, 24), selectedMode: false };
}

function shown(value: number | null | undefined): string {
  return value == null ? "—" : significant(value, 6);
}

function cut(text: string, most = NAME): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
