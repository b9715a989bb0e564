import { NativeSelect } from "@mantine/core";
import { useMemo, type ReactElement } from "react";
import { Chart } from "../../parts/Chart";
import { significant } from "../../parts/format";
import { Section } from "../../parts/Page";
import type { Axis } from "./axes";
import { scatterOption } from "./charts";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./compare.module.css";

interface ScatterProps {
  axes: readonly Axis[];
  names: readonly string[];
  places: readonly number[];
}

/** Any two numbers against one another, a point for each version. */
export function Scatter({ axes, names, places }: ScatterProps): ReactElement | null {
  const { search, change } = useCompareSearch();
  const x = axes.find(({ key }) => key === search.x) ?? axes[0];
  const y = axes.find(({ key }) => key === search.y) ?? axes.find((axis) => axis !== x);
  const shown = places.join(" ");
  const option = useMemo(
    () => (x === undefined || y === undefined ? {} : scatterOption(x, y, names, shown.split(" ").map(Number))),
    [x, y, names, shown],
  );
  if (x === undefined || y === undefined) return null;
  const choices = axes.map(({ key, name, kind }) => ({ value: key, label: `${name} (${WORDS[kind]})` }));
  return (
    <Section id="scatter" title="Two of them against one another">
      <div className={classes.axes}>
        <NativeSelect size="xs" label="Across" data={choices} value={x.key} onChange={(event) => change({ x: event.currentTarget.value })} />
        <NativeSelect size="xs" label="Up" data={choices} value={y.key} onChange={(event) => change({ y: event.currentTarget.value })} />
      </div>
      <div className={classes.chart}>
        <Chart label={`${y.name} over ${x.name}, a point for each version`} height={360} option={option} />
        <ul className="sr-only">
          {places.map((place) => (
            <li key={place}>
              {names[place]}: {x.name} {told(x, place)}, {y.name} {told(y, place)}
            </li>
          ))}
        </ul>
      </div>
    </Section>
  );
}

const WORDS: Record<Axis["kind"], string> = { metric: "metric", param: "parameter", fact: "from the files" };

function told(axis: Axis, place: number): string {
  const value = axis.values[place] ?? null;
  return value === null ? "unknown" : significant(value, 6);
}
