import { expect, test } from "vitest";
import type { Event } from "../../api/types";
import { event } from "../../testing/made";
import { Feed, FULL, type Marks } from "./feed";

/** A registry that has so many events, and counts what it is asked. */
function registry(count: number) {
  const asked: string[] = [];
  const events = Array.from({ length: count }, (_, index) => made(index + 1));
  const read = (after: string | undefined) => {
    asked.push(after ?? "");
    const from = Number(after ?? 0);
    const items = events.slice(from, from + FULL);
    return Promise.resolve({ items, next: String(from + items.length) });
  };
  return { asked, events, read, add: () => events.push(made(events.length + 1)) };
}

const made = (position: number): Event => event({ id: `e${position}`, position });

function marks(kept: string[] = []): Marks & { kept: string[] } {
  const self = { kept, load: () => [...self.kept], save: (now: string[]) => void (self.kept = [...now]) };
  return self;
}

const positions = (feed: Feed) => feed.state().events.map(({ position }) => position);

test("the feed is read to its end, and the newest comes first", async () => {
  const feed = new Feed(registry(3).read, marks());
  await feed.follow();
  expect(positions(feed)).toEqual([3, 2, 1]);
  expect(feed.state()).toMatchObject({ live: true, hasOlder: false, passed: 3 });
});

test("what comes while somebody looks is fresh, and comes once", async () => {
  const { read, add } = registry(2);
  const feed = new Feed(read, marks());
  await feed.follow();
  add();
  await Promise.all([feed.follow(), feed.follow()]);
  await feed.follow();
  expect(positions(feed)).toEqual([3, 2, 1]);
  expect([...feed.state().fresh]).toEqual(["e3"]);
});

test("of a long feed little is held, and older events come on demand without a gap, to the first", async () => {
  const feed = new Feed(registry(4500).read, marks());
  await feed.follow();
  expect(feed.state().events.length).toBeLessThanOrEqual(2 * FULL);
  expect(feed.state().hasOlder).toBe(true);
  while (feed.state().hasOlder) await feed.older();
  expect(positions(feed)).toEqual(Array.from({ length: 4500 }, (_, index) => 4500 - index));
});

test("the next visit begins near the end", async () => {
  const { read, asked } = registry(4400);
  const kept = marks();
  await new Feed(read, kept).follow();
  asked.length = 0;
  const again = new Feed(read, kept);
  await again.follow();
  expect(asked).toEqual(["3000", "4000"]);
  expect(positions(again)[0]).toBe(4400);
});

test("marks of a registry that is gone lead back to the beginning", async () => {
  const kept = marks(["", "1000", "2000"]);
  const feed = new Feed(registry(2).read, kept);
  await feed.follow();
  expect(positions(feed)).toEqual([2, 1]);
  expect(kept.kept).toEqual([]);
});

test("a failure is told, and what is here stays", async () => {
  const { read } = registry(2);
  let down = false;
  const feed = new Feed((after) => (down ? Promise.reject(new Error("gone")) : read(after)), marks());
  await feed.follow();
  down = true;
  await feed.follow();
  expect(feed.state().error?.message).toBe("gone");
  expect(positions(feed)).toEqual([2, 1]);
  down = false;
  await feed.follow();
  expect(feed.state().error).toBeNull();
});
