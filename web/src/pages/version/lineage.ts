/** Where each thing of a lineage is drawn: columns from left to right, what was used before what was made of it. */
import type { Lineage } from "../../api/types";

export type Node = Lineage["nodes"][number];
export type Edge = Lineage["edges"][number];

export interface Placed {
  /** "thing", or "more" for the rest of a column that is folded. */
  kind: "thing" | "more";
  id: string;
  node: Node | null;
  /** How many are behind a "more". */
  hidden: number;
  column: number;
  x: number;
  y: number;
}

export interface Drawing {
  boxes: Placed[];
  lines: { from: Placed; to: Placed; relation: string }[];
  width: number;
  height: number;
}

export const BOX = { width: 208, height: 46, gapX: 72, gapY: 14, pad: 12 };
const MOST = 6;
const ORDER = ["version", "base", "dataset", "commit", "run"];

/**
 * Columns by steps from the first node: bases left of it, what was made of it to the right, data and code left of the
 * first thing that used them. A column shows six things; the others are behind one box unless it is in `open`.
 */
export function drawLineage({ nodes, edges }: Lineage, open: ReadonlySet<number> = new Set()): Drawing {
  const columns = columnsOf(nodes, edges);
  const boxes = columns.flatMap((column, place) => boxesOf(column, place, open.has(place)));
  const tallest = Math.max(0, ...columns.map((_, place) => boxes.filter((box) => box.column === place).length));
  const height = stackHeight(tallest);
  for (const box of boxes) box.y += (height - stackHeight(boxes.filter((other) => other.column === box.column).length)) / 2;
  return { boxes, lines: linesOf(edges, boxes), width: BOX.pad * 2 + columns.length * (BOX.width + BOX.gapX) - BOX.gapX, height };
}

/** How a node is called: NAME/NUMBER, a commit's first digits, a name, or where it is. */
export function nodeTitle(node: Node): string {
  if (node.kind === "version") return `${node.name}/${node.version ?? "?"}`;
  const { name, uri } = node;
  if (node.kind === "commit") return name.slice(0, 10);
  return name || uri || node.id;
}

/** Which column each node is in, counted from the left. */
function columnsOf(nodes: readonly Node[], edges: readonly Edge[]): Node[][] {
  const layers = layersOf(nodes, edges);
  const least = Math.min(0, ...layers.values());
  const columns: Node[][] = [];
  for (const node of nodes) (columns[(layers.get(node.id) ?? 0) - least] ??= []).push(node);
  for (const column of columns) column.sort((one, other) => rank(one) - rank(other));
  return columns;
}

function layersOf(nodes: readonly Node[], edges: readonly Edge[]): Map<string, number> {
  const kinds = new Map(nodes.map(({ id, kind }) => [id, kind]));
  const made = (id: string): boolean => kinds.get(id) === "version" || kinds.get(id) === "base";
  const between = edges.filter(({ from, to }) => made(from) && made(to));
  const layers = new Map<string, number>();
  const start = nodes[0]?.id;
  if (start === undefined) return layers;
  walk(start, (id) => between.filter(({ to }) => to === id).map(({ from }) => from), -1, layers);
  walk(start, (id) => between.filter(({ from }) => from === id).map(({ to }) => to), 1, layers);
  for (const { id } of nodes) if (made(id) && !layers.has(id)) layers.set(id, nearest(id, between, layers));
  for (const { id } of nodes) if (!made(id)) layers.set(id, before(id, edges, layers));
  return layers;
}

/** Breadth first, so that each gets its shortest way; what has a layer keeps it, so that circles end. */
function walk(start: string, next: (id: string) => string[], step: number, layers: Map<string, number>): void {
  layers.set(start, 0);
  for (let round = [start], layer = step; round.length > 0; layer += step) {
    round = [...new Set(round.flatMap(next))].filter((id) => !layers.has(id));
    for (const id of round) layers.set(id, layer);
  }
}

function nearest(id: string, edges: readonly Edge[], layers: ReadonlyMap<string, number>): number {
  const up = edges.filter(({ from }) => from === id).flatMap(({ to }) => layers.get(to) ?? []);
  const down = edges.filter(({ to }) => to === id).flatMap(({ from }) => layers.get(from) ?? []);
  return up.length > 0 ? Math.min(...up) - 1 : Math.max(-1, ...down) + 1;
}

function before(id: string, edges: readonly Edge[], layers: ReadonlyMap<string, number>): number {
  return Math.min(0, ...edges.filter(({ from }) => from === id).flatMap(({ to }) => layers.get(to) ?? [])) - 1;
}

function boxesOf(column: readonly Node[], place: number, open: boolean): Placed[] {
  const shown = open || column.length <= MOST ? column : column.slice(0, MOST - 1);
  const x = BOX.pad + place * (BOX.width + BOX.gapX);
  const at = (row: number) => ({ column: place, x, y: BOX.pad + row * (BOX.height + BOX.gapY) });
  const boxes: Placed[] = shown.map((node, row) => ({ kind: "thing", id: node.id, node, hidden: 0, ...at(row) }));
  const hidden = column.length - shown.length;
  if (hidden > 0) boxes.push({ kind: "more", id: `more ${place}`, node: null, hidden, ...at(shown.length) });
  return boxes;
}

function linesOf(edges: readonly Edge[], boxes: readonly Placed[]): Drawing["lines"] {
  const places = new Map(boxes.map((box) => [box.id, box]));
  return edges.flatMap(({ from, to, relation }) => {
    const [start, end] = [places.get(from), places.get(to)];
    return start === undefined || end === undefined ? [] : [{ from: start, to: end, relation }];
  });
}

function stackHeight(rows: number): number {
  return BOX.pad * 2 + rows * (BOX.height + BOX.gapY) - BOX.gapY;
}

function rank(node: Node): number {
  return ORDER.indexOf(node.kind);
}
