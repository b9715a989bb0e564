/** Which rows of a long table are drawn next: a few in each frame, those in sight first. Pure. */

/** Rows from the first up to, and without, the last. */
export interface Stretch {
  from: number;
  to: number;
}

/** What is drawn after what is drawn now: at most so many rows more, those that are `seen` before the others that are `wanted`. */
export function paced(drawn: Stretch, wanted: Stretch, seen: Stretch, most: number): Stretch {
  const kept = overlap(drawn, wanted);
  const begun = kept.from < kept.to ? kept : { from: seen.from, to: seen.from };
  const shown = grown(begun, overlap(seen, wanted), most);
  return grown(shown, wanted, most - (size(shown) - size(begun)));
}

/** The rows of both; empty when they share none. */
export function overlap(one: Stretch, other: Stretch): Stretch {
  const from = Math.max(one.from, other.from);
  return { from, to: Math.max(Math.min(one.to, other.to), from) };
}

function grown(drawn: Stretch, wanted: Stretch, most: number): Stretch {
  const below = Math.min(Math.max(wanted.to - drawn.to, 0), most);
  const above = Math.min(Math.max(drawn.from - wanted.from, 0), most - below);
  return { from: drawn.from - above, to: drawn.to + below };
}

const size = ({ from, to }: Stretch): number => to - from;
