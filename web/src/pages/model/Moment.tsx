import type { ReactElement } from "react";
import { useNow } from "../../parts/clock";
import { exactTime, relativeTime } from "../../parts/format";

/** How long ago, the exact moment on hover; light enough for thousands of rows. */
export function Moment({ time }: { time: string }): ReactElement {
  const moment = Date.parse(time);
  return (
    <time dateTime={time} title={exactTime(moment)}>
      {relativeTime(moment, useNow())}
    </time>
  );
}
