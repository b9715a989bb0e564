import { lazy, Suspense, type ReactElement } from "react";
import type { ChartProps } from "./ChartDrawn";
import { LoadingBlock } from "./Loading";

const Drawn = lazy(() => import("./ChartDrawn"));

/**
 * A chart of lines, points or parallel coordinates, as ECharts takes its options.
 *
 * What it shows must be in a table or in words as well: `label` tells what it is, not what it says. Texts in tooltips are
 * made of elements (see `tip`), never of HTML: names come from others, and inline styles are forbidden here.
 */
export function Chart(props: ChartProps): ReactElement {
  return (
    <Suspense fallback={<LoadingBlock height={props.height} label={`Loading ${props.label}`} />}>
      <Drawn {...props} />
    </Suspense>
  );
}
