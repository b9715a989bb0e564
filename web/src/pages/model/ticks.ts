/** The time axis: round moments, in the viewer's zone, and how they are written. */
import { LOCALE } from "../../parts/format";
import type { View } from "./geometry";

export interface Tick {
  moment: number;
  text: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;
const STEPS = [
  20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE,
  30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY,
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];

/** Ticks at most so close that there are `most` of them. */
export function ticksOf(view: View, most: number, locale = LOCALE, zone?: string): Tick[] {
  const needed = (view.to - view.from) / Math.max(most, 1);
  const step = STEPS.find((one) => one >= needed);
  const write = writer(step ?? MONTH, view, locale, zone);
  const moments = step === undefined ? monthly(view, needed) : evenly(view, step);
  return moments.map((moment) => ({ moment, text: write.format(moment) }));
}

function evenly(view: View, step: number): number[] {
  const shift = new Date(view.from).getTimezoneOffset() * MINUTE;
  const first = Math.ceil((view.from - shift) / step) * step + shift;
  const count = Math.max(0, Math.floor((view.to - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

function monthly(view: View, needed: number): number[] {
  const months = MONTHS.find((one) => one * MONTH >= needed) ?? 240;
  const begin = new Date(view.from);
  const moments: number[] = [];
  let month = Math.floor((begin.getFullYear() * 12 + begin.getMonth()) / months) * months;
  for (;;) {
    const moment = new Date(Math.floor(month / 12), month % 12, 1).getTime();
    if (moment > view.to) return moments;
    if (moment >= view.from) moments.push(moment);
    month += months;
  }
}

function writer(step: number, view: View, locale: string, zone?: string): Intl.DateTimeFormat {
  const at = zone === undefined ? {} : { timeZone: zone };
  const years = new Date(view.from).getFullYear() !== new Date(view.to).getFullYear();
  if (step >= MONTH) return new Intl.DateTimeFormat(locale, { month: "short", year: "numeric", ...at });
  if (step >= DAY) return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...(years ? { year: "numeric" } : {}), ...at });
  if (step < SECOND) return new Intl.DateTimeFormat(locale, { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 2, ...at });
  const far = view.to - view.from > DAY;
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    ...(far ? { day: "numeric", month: "short" } : {}),
    ...(step < MINUTE ? { second: "2-digit" } : {}),
    ...at,
  });
}
