import { Skeleton } from "@mantine/core";
import type { ReactElement } from "react";
import classes from "./Loading.module.css";

/** Rows that are still to come, as high as they will be, so that nothing jumps. */
export function LoadingRows({ rows = 8, label = "Loading" }: { rows?: number; label?: string }): ReactElement {
  return (
    <div className={classes.rows} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={classes.row}>
          <Skeleton height={10} width={`${30 + ((row * 37) % 45)}%`} />
        </div>
      ))}
    </div>
  );
}

/** A block that is still to come. */
export function LoadingBlock({ height, label = "Loading" }: { height: number; label?: string }): ReactElement {
  return (
    <div role="status" aria-label={label}>
      <Skeleton height={height} radius={6} />
    </div>
  );
}

/** A whole page that is still to come: its heading and some rows. */
export function LoadingPage(): ReactElement {
  return (
    <div className={classes.page} role="status" aria-label="Loading the page">
      <Skeleton height={26} width="min(280px, 60%)" />
      <Skeleton height={12} width="min(420px, 80%)" />
      <LoadingRows />
    </div>
  );
}
