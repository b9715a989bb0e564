/** How moments, sizes, numbers and digests are written. Pure: the present and the locale are passed in. */

export const LOCALE = globalThis.navigator.language;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;
const STEPS: readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [HOUR, "minute", MINUTE],
  [DAY, "hour", HOUR],
  [MONTH, "day", DAY],
  [365 * DAY, "month", MONTH],
  [Number.POSITIVE_INFINITY, "year", 365 * DAY],
];
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const SHORT_HEX = 12;

/** Formatters, made once each: making one takes longer than a row of a table may. */
const made = new Map<string, unknown>();

function once<T>(key: string, make: () => T): T {
  const found = made.get(key) as T | undefined;
  if (found !== undefined) return found;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
}

function number(value: number, locale: string, options: Intl.NumberFormatOptions): string {
  return once(`number ${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

/** "3 minutes ago", or "3 min. ago"; "just now" for what is less than a minute away, since clocks differ. */
export function relativeTime(moment: number, now: number, locale = LOCALE, style: "long" | "short" = "long"): string {
  const seconds = (moment - now) / 1000;
  const size = Math.abs(seconds);
  const step = STEPS.find(([limit]) => size < limit);
  if (size < MINUTE || step === undefined) return "just now";
  const format = once(`relative ${style} ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: "always", style }));
  return format.format(Math.trunc(seconds / step[2]), step[1]);
}

/** The moment to the second, in the viewer's zone, which is named. */
export function exactTime(moment: number, locale = LOCALE, zone?: string): string {
  const at = zone === undefined ? {} : { timeZone: zone };
  const make = (): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "long", ...at });
  return once(`exact ${locale} ${zone ?? ""}`, make).format(moment);
}

/** "1.4 MiB": bytes in powers of 1024, as the command line writes them. */
export function bytes(size: number, locale = LOCALE): string {
  const power = size < 1 ? 0 : Math.min(Math.floor(Math.log(size) / Math.log(1024)), SIZES.length - 1);
  const digits = power === 0 ? 0 : 1;
  const written = number(size / 1024 ** power, locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${written} ${SIZES[power] ?? "B"}`;
}

/** A whole number with the locale's separators. */
export function count(value: number, locale = LOCALE): string {
  return number(value, locale, { maximumFractionDigits: 0 });
}

/** "1 version", "1,204 versions". */
export function counted(value: number, one: string, many = `${one}s`, locale = LOCALE): string {
  return `${count(value, locale)} ${value === 1 ? one : many}`;
}

/** A measured value with so many significant digits; very large and very small ones as powers of ten. */
export function significant(value: number, digits = 4, locale = LOCALE): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return count(value, locale);
  const far = size !== 0 && (size < 1e-4 || size >= 1e9);
  return number(value, locale, { maximumSignificantDigits: digits, ...(far ? { notation: "scientific" } : {}) });
}

/** "sha256:1689afd06609": what names a digest's kind, and its first twelve digits. */
export function shortDigest(digest: string): string {
  const [kind, hex] = digest.split(":");
  return hex === undefined ? digest.slice(0, SHORT_HEX) : `${kind ?? ""}:${hex.slice(0, SHORT_HEX)}`;
}
