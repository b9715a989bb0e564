import { expect, test } from "vitest";
import { BOX, drawLineage, nodeTitle, type Edge, type Node } from "./lineage";

const thing = (id: string, kind = "version"): Node => ({ id, kind, name: id, version: 1, state: "", stage: "", digest: "", uri: "" });
const edge = (from: string, to: string): Edge => ({ from, to, relation: "" });
const columnOf = (nodes: Node[], edges: Edge[]) =>
  Object.fromEntries(drawLineage({ nodes, edges, truncated: false }).boxes.map(({ id, column }) => [id, column]));

test("what was used is left of what was made of it", () => {
  const nodes = [thing("me"), thing("base"), thing("child"), thing("data", "dataset")];
  expect(columnOf(nodes, [edge("base", "me"), edge("me", "child"), edge("data", "base"), edge("data", "me")])).toEqual({ data: 0, base: 1, me: 2, child: 3 });
});

test("a version alone is one column", () => {
  expect(columnOf([thing("me")], [])).toEqual({ me: 0 });
});

test("a circle of bases ends", () => {
  const columns = columnOf([thing("me"), thing("other")], [edge("other", "me"), edge("me", "other")]);
  expect(Object.keys(columns).sort()).toEqual(["me", "other"]);
});

test("a long column is folded, and unfolds on demand", () => {
  const children = Array.from({ length: 9 }, (_, place) => thing(`child ${place}`));
  const lineage = { nodes: [thing("me"), ...children], edges: children.map(({ id }) => edge("me", id)), truncated: false };
  const folded = drawLineage(lineage);
  expect(folded.boxes.find(({ kind }) => kind === "more")?.hidden).toBe(4);
  expect(folded.lines).toHaveLength(5);
  expect(drawLineage(lineage, new Set([1])).lines).toHaveLength(9);
});

test("no box lies on another, and all are within the drawing", () => {
  const nodes = [thing("me"), thing("a"), thing("b"), thing("c", "commit")];
  const { boxes, width, height } = drawLineage({ nodes, edges: [edge("a", "me"), edge("b", "me"), edge("c", "me")], truncated: false });
  const places = boxes.map(({ x, y }) => `${x} ${y}`);
  expect(new Set(places).size).toBe(boxes.length);
  for (const { x, y } of boxes) {
    expect(x + BOX.width).toBeLessThan(width);
    expect(y + BOX.height).toBeLessThan(height);
  }
});

test("a commit is called by its first digits, an unnamed run by where it is", () => {
  expect(nodeTitle({ ...thing("x", "commit"), name: "3f2a9c41d7e85b60aa91" })).toBe("3f2a9c41d7");
  expect(nodeTitle({ ...thing("x", "run"), name: "", uri: "https://ci/1" })).toBe("https://ci/1");
});
