import { useComputedColorScheme } from "@mantine/core";
import { LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  MarkPointComponent,
  ParallelComponent,
  TooltipComponent,
} from "echarts/components";
import { init, use as register, type ECharts, type EChartsCoreOption } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef, type ReactElement } from "react";
import { chartTheme } from "./chartTheme";

register([
  LineChart,
  ScatterChart,
  ParallelChart,
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  MarkPointComponent,
  ParallelComponent,
  TooltipComponent,
  SVGRenderer,
]);

export interface ChartProps {
  /** What the chart is of, for who cannot see it. */
  label: string;
  /** In pixels; the width is what there is. */
  height: number;
  option: EChartsCoreOption;
  /** Given the chart once, to listen to its events. Must be stable. */
  onReady?: (chart: ECharts) => void;
}

/** Loaded only where there is a chart. Follows its box's width and the scheme. */
export default function ChartDrawn({ label, height, option, onReady }: ChartProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (box.current === null) return undefined;
    const drawn = init(box.current, chartTheme(), { renderer: "svg" });
    chart.current = drawn;
    const watch = new ResizeObserver(() => drawn.resize());
    watch.observe(box.current);
    onReady?.(drawn);
    return () => {
      watch.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, [scheme, onReady]);
  useEffect(() => {
    chart.current?.setOption({ ...option, animation: false, aria: { enabled: false } }, { notMerge: true });
  }, [scheme, onReady, option]);
  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
