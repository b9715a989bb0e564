/** Our few icons: 16 units square, drawn in the text's colour, and always beside a word. */
import type { ReactElement } from "react";

const PATHS = {
  alert: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
  archive: "M2 3.5h12v3H2zM3 6.5v6h10v-6M6.5 9h3",
  arrowDown: "M8 3v10M4 9l4 4 4-4",
  arrowUp: "M8 13V3M4 7l4-4 4 4",
  bin: "M3 4.5h10M6 4.5V3h4v1.5M4.2 4.5l.7 8.5h6.2l.7-8.5",
  check: "M3 8.5 6.5 12 13 4.5",
  chevron: "M6 3.5 10.5 8 6 12.5",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.3l2.2 1.4",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  cross: "M4 4l8 8M12 4l-8 8",
  dot: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  flag: "M4 14V2.5h8L10 5.5l2 3H4",
  flask: "M6.5 2v4.5L3 13h10L9.5 6.5V2M5.5 2h5",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5.2a2.5 2.5 0 0 1 5 0v2.3",
  moon: "M13 9.7A5.6 5.6 0 0 1 6.3 3a5.6 5.6 0 1 0 6.7 6.7z",
  offline: "M2 2l12 12M4.5 9a5 5 0 0 1 2-1.2M8 12.5v.1M2 6.5a9 9 0 0 1 2.5-1.6M7.5 4.1A9 9 0 0 1 14 6.5",
  person: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 14a5.2 5.2 0 0 1 10.4 0",
  play: "M4.5 3 12.5 8l-8 5z",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 14 14",
  shield: "M8 2l5 2v3.5c0 3-2 5.3-5 6.5-3-1.2-5-3.5-5-6.5V4z",
  spark: "M2 11.5 5.5 7l3 3L14 4",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M12.6 3.4l-.8.8M4.2 11.8l-.8.8",
  tag: "M2.5 2.5h5l6 6-5 5-6-6zM5.5 5.5v.1",
  up: "M8 11.5V3M4.5 6.5 8 3l3.5 3.5M3 14h10",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon; what it means is told by the word beside it, so that it is hidden from screen readers. */
export function Icon({ name, size = 14 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false" className="icon">
      <path d={PATHS[name]} />
    </svg>
  );
}
