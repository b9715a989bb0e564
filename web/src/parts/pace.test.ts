import { expect, test } from "vitest";
import { overlap, paced, type Stretch } from "./pace";

const at = (from: number, to: number): Stretch => ({ from, to });

/** What is drawn frame by frame until nothing changes. */
function frames(drawn: Stretch, wanted: Stretch, seen: Stretch, most = 8): Stretch[] {
  const next = paced(drawn, wanted, seen, most);
  if (next.from === drawn.from && next.to === drawn.to) return [];
  return [next, ...frames(next, wanted, seen, most)];
}

test("a jump draws what is in sight first, a few rows in each frame, and then what is around it", () => {
  expect(frames(at(0, 30), at(500, 540), at(510, 530), 8)).toEqual([at(510, 518), at(510, 526), at(510, 534), at(508, 540), at(500, 540)]);
});

test("no frame draws more than it may, wherever it goes", () => {
  for (const wanted of [at(0, 45), at(3, 48), at(40, 85), at(900, 945)]) {
    let before = at(20, 65);
    for (const after of frames(before, wanted, at(wanted.from + 12, wanted.to - 12))) {
      const stayed = overlap(before, after);
      expect(after.to - after.from - (stayed.to - stayed.from)).toBeLessThanOrEqual(8);
      before = after;
    }
    expect(before).toEqual(wanted);
  }
});

test("what is no longer wanted goes at once, and a shorter list leaves nothing behind", () => {
  expect(paced(at(0, 45), at(30, 75), at(42, 63), 8)).toEqual(at(30, 53));
  expect(paced(at(10, 45), at(0, 5), at(0, 5), 8)).toEqual(at(0, 5));
});
