import { expect, test } from "vitest";
import type { Event } from "../../api/types";
import { event } from "../../testing/made";
import { Feed, FULL, type Place } from "./feed";

/** A registry that has so many events, and notes what it is asked. Its cursors are positions. */
function registry(count: number) {
  const asked: Place[] = [];
  const events = Array.from({ length: count }, (_, index) => made(index + 1));
  const read = (place: Place) => {
    asked.push(place);
    return Promise.resolve("after" in place ? after(Number(place.after)) : before(place.before === "end" ? events.length + 1 : Number(place.before)));
  };
  const after = (position: number) => {
    const items = events.slice(position, position + FULL);
    return { items, next: String(position + items.length), previous: null };
  };
  const before = (position: number) => {
    const first = Math.max(position - 1 - FULL, 0);
    return { items: events.slice(first, position - 1).reverse(), next: String(position - 1), previous: first === 0 ? null : String(first + 1) };
  };
  const add = (more = 1) => Array.from({ length: more }, () => events.push(made(events.length + 1)));
  return { asked, read, add };
}

const made = (position: number): Event => event({ id: `e${position}`, position });

const positions = (feed: Feed) => feed.state().events.map(({ position }) => position);
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

test("the newest events are one question away, however long the feed is", async () => {
  const { read, asked } = registry(4500);
  const feed = new Feed(read);
  await feed.follow();
  expect(asked).toEqual([{ before: "end" }]);
  expect(positions(feed)).toEqual(down(4500, 4500 - FULL + 1));
  expect(feed.state()).toMatchObject({ live: true, hasOlder: true });
});

test("older events come on demand without a gap, to the first", async () => {
  const feed = new Feed(registry(2 * FULL + 7).read);
  await feed.follow();
  expect(await feed.older()).toHaveLength(FULL);
  while (feed.state().hasOlder) await feed.older();
  expect(positions(feed)).toEqual(down(2 * FULL + 7, 1));
  expect(await feed.older()).toEqual([]);
});

test("what comes while somebody looks is fresh, comes once, and is all that is read", async () => {
  const { read, add, asked } = registry(2);
  const feed = new Feed(read);
  await feed.follow();
  add();
  await Promise.all([feed.follow(), feed.follow()]);
  await feed.follow();
  expect(positions(feed)).toEqual([3, 2, 1]);
  expect([...feed.state().fresh]).toEqual(["e3"]);
  expect(asked).toEqual([{ before: "end" }, { after: "2" }, { after: "3" }]);
});

test("an empty feed is followed from its beginning", async () => {
  const { read, add } = registry(0);
  const feed = new Feed(read);
  await feed.follow();
  expect(feed.state()).toMatchObject({ live: true, hasOlder: false, events: [] });
  add();
  await feed.follow();
  expect(positions(feed)).toEqual([1]);
});

test("who comes back after very much happened sees the newest, and no gap behind them", async () => {
  const { read, add, asked } = registry(5);
  const feed = new Feed(read);
  await feed.follow();
  add(10 * FULL);
  await feed.follow();
  expect(asked).toHaveLength(3);
  expect(positions(feed)[0]).toBe(5 + 10 * FULL);
  while (feed.state().hasOlder) await feed.older();
  expect(positions(feed)).toEqual(down(5 + 10 * FULL, 1));
});

test("a page asked for twice at once comes once", async () => {
  const feed = new Feed(registry(3 * FULL).read);
  await feed.follow();
  await Promise.all([feed.older(), feed.older()]);
  expect(positions(feed)).toEqual(down(3 * FULL, FULL + 1));
});

test("a failure is told, and what is here stays", async () => {
  const { read } = registry(2);
  let gone = false;
  const feed = new Feed((place) => (gone ? Promise.reject(new Error("gone")) : read(place)));
  await feed.follow();
  gone = true;
  await feed.follow();
  expect(feed.state().error?.message).toBe("gone");
  expect(positions(feed)).toEqual([2, 1]);
  gone = false;
  await feed.follow();
  expect(feed.state().error).toBeNull();
});
