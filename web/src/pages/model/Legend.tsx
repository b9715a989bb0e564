import type { ReactElement } from "react";
import { markOf, type Shape } from "./marks";
import classes from "./ModelPage.module.css";

const PATHS: Record<Shape, string> = {
  triangle: "M6 1 11 11H1z",
  diamond: "M6 0.5 11.5 6 6 11.5 0.5 6z",
  circle: "M6 10.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z",
  rect: "M1.5 1.5h9v9h-9z",
  arrow: "M6 0.5 11 11.5 6 8.5 1 11.5z",
};

/** Which shape and colour stands for which stage in the chart. */
export function Legend({ stages }: { stages: readonly string[] }): ReactElement {
  return (
    <ul className={classes.legend} aria-label="Shapes of stages">
      {stages.map((stage) => {
        const { shape, ink } = markOf(stage);
        return (
          <li key={stage}>
            <svg width={12} height={12} aria-hidden="true" style={{ fill: `var(${ink})` }}>
              <path d={PATHS[shape]} />
            </svg>
            <bdi>{stage}</bdi>
          </li>
        );
      })}
    </ul>
  );
}
