import { Button, TextInput, useComputedColorScheme } from "@mantine/core";
import { useCallback, useEffect, useMemo, useState, type ReactElement } from "react";
import type { ECharts } from "echarts/core";
import { Chart } from "../../parts/Chart";
import { significant } from "../../parts/format";
import { Section } from "../../parts/Page";
import { UserText } from "../../parts/Words";
import { readRanges, writeRange, type Axis, type Range } from "./axes";
import { parallelOption } from "./charts";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./compare.module.css";

const MOST_AXES = 9;
const AXIS_WIDTH = 104;

/** All numbers at once, a line for each version. A range on an axis keeps those columns of the table that go through it. */
export function Ranges({ axes, names }: { axes: readonly Axis[]; names: readonly string[] }): ReactElement {
  const { search, change } = useCompareSearch();
  const drawn = useMemo(() => axes.slice(0, MOST_AXES), [axes]);
  // A chart takes its colours from the page, so it is drawn anew in the other scheme.
  const scheme = useComputedColorScheme("light");
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const option = useMemo(() => parallelOption(drawn, names), [drawn, names, scheme]);
  const ranges = useMemo(() => readRanges(search.keep ?? []), [search.keep]);
  const onReady = useBrushes(drawn, ranges);
  const clear = (
    <Button size="xs" variant="default" onClick={() => change({ keep: undefined })}>
      Show all versions
    </Button>
  );
  return (
    <Section id="ranges" title="All numbers at a glance" actions={ranges.length > 0 ? clear : undefined}>
      {drawn.length > 1 && (
        <>
          <p className="dim">Drag along an axis to keep only the columns that go through there. The baseline always stays.</p>
          {/* What scrolls must be reached by keyboard. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <div className={classes.chart} role="region" aria-label="All numbers" tabIndex={0}>
            <div style={{ minWidth: drawn.length * AXIS_WIDTH }}>
              <Chart label={`Parallel coordinates of ${names.length} versions over ${drawn.length} facts; the table above has all values`} height={360} option={option} onReady={onReady} />
            </div>
          </div>
        </>
      )}
      <details className={classes.details} open={drawn.length < 2 || undefined}>
        <summary>Ranges as numbers</summary>
        <div className={classes.ranges}>
          {axes.map((axis) => (
            <RangeInputs key={`${axis.key} ${JSON.stringify(rangeOf(ranges, axis))}`} axis={axis} range={rangeOf(ranges, axis)} />
          ))}
        </div>
      </details>
    </Section>
  );
}

function rangeOf(ranges: readonly Range[], axis: Axis): Range | undefined {
  return ranges.find((range) => range.axis === axis.key);
}

/** One axis' range, typed: what brushing does, for who has no pointer. */
function RangeInputs({ axis, range }: { axis: Axis; range: Range | undefined }): ReactElement {
  const { search, change } = useCompareSearch();
  const [from, setFrom] = useState(range === undefined ? "" : String(range.from));
  const [to, setTo] = useState(range === undefined ? "" : String(range.to));
  const known = axis.values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const commit = (): void => {
    const next = { axis: axis.key, from: from === "" ? least : Number(from), to: to === "" ? most : Number(to) };
    const valid = Number.isFinite(next.from) && Number.isFinite(next.to);
    if (valid) change({ keep: withRange(search.keep ?? [], from === "" && to === "" ? { axis: axis.key } : next) });
  };
  const field = { size: "xs", inputMode: "decimal", onBlur: commit, onKeyDown: (event: { key: string }) => event.key === "Enter" && commit() } as const;
  return (
    <fieldset>
      <legend>
        <UserText text={axis.name} />
      </legend>
      <TextInput {...field} aria-label={`${axis.name} from`} placeholder={significant(least)} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
      <TextInput {...field} aria-label={`${axis.name} to`} placeholder={significant(most)} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
    </fieldset>
  );
}

/** The ranges with one axis' set, or taken away. */
function withRange(keep: readonly string[], range: Range | { axis: string }): string[] {
  const others = readRanges(keep).filter(({ axis }) => axis !== range.axis);
  return [...others, ...("from" in range ? [range] : [])].map(writeRange);
}

/** Keeps the chart's brushes and the address the same, whichever changes. */
function useBrushes(axes: readonly Axis[], ranges: readonly Range[]) {
  const { search, change } = useCompareSearch();
  const [chart, setChart] = useState<ECharts | null>(null);
  const keep = search.keep;
  useEffect(() => {
    if (chart === null) return undefined;
    const onSelect = (event: unknown): void => {
      const next = withBrush(keep ?? [], event as Brushed);
      if (next.join("\n") !== (keep ?? []).join("\n")) change({ keep: next });
    };
    chart.on("axisareaselected", onSelect);
    return () => {
      if (!chart.isDisposed()) chart.off("axisareaselected", onSelect);
    };
  }, [chart, keep, change]);
  useEffect(() => {
    if (chart === null || chart.isDisposed()) return;
    for (const axis of axes) {
      const range = rangeOf(ranges, axis);
      const intervals = range === undefined ? [] : [[Math.min(range.from, range.to), Math.max(range.from, range.to)]];
      chart.dispatchAction({ type: "axisAreaSelect", parallelAxisId: axis.key, intervals }, { silent: true });
    }
  }, [chart, axes, ranges]);
  return useCallback((ready: ECharts) => {
    // The axes are there once the chart was drawn for the first time.
    const once = (): void => {
      ready.off("finished", once);
      setChart(ready);
    };
    ready.on("finished", once);
  }, []);
}

interface Brushed {
  parallelAxisId?: string;
  intervals?: [number, number][];
}

function withBrush(keep: readonly string[], { parallelAxisId, intervals = [] }: Brushed): string[] {
  if (parallelAxisId === undefined) return [...keep];
  const ends = intervals.flat();
  if (ends.length === 0) return withRange(keep, { axis: parallelAxisId });
  const round = (value: number): number => Number(value.toPrecision(6));
  return withRange(keep, { axis: parallelAxisId, from: round(Math.min(...ends)), to: round(Math.max(...ends)) });
}
