/** A comparison as groups of rows, a cell for each version: what the table shows. */
import type { Comparison } from "../../api/types";
import { bytes, shortDigest, significant } from "../../parts/format";
import { numberOf } from "./axes";

export type Group = "metrics" | "parameters" | "data" | "code" | "environment" | "content" | "tags" | "files";

export interface Cell {
  text: string;
  /** All of it, for hover. */
  whole: string;
  /** What it is more or less than the baseline's, with its sign; empty where there is nothing to say. */
  delta: string;
  tone: "better" | "worse" | "plain";
  best: boolean;
  /** Whether it is something else than the baseline's. */
  differs: boolean;
  missing: boolean;
}

export interface Row {
  key: string;
  name: string;
  /** Said below the name: the direction, or why nobody is best. */
  note: string;
  same: boolean;
  cells: Cell[];
}

export interface RowGroup {
  key: Group;
  title: string;
  rows: Row[];
}

type Metric = Comparison["metrics"][number];
type Fact = Comparison["params"][number];
type FileRow = Comparison["files"][number];

const TITLES: Record<Group, string> = {
  metrics: "Metrics",
  parameters: "Parameters",
  data: "Data and bases",
  code: "Code and runs",
  environment: "Environment",
  content: "What the files say",
  tags: "Tags",
  files: "Files",
};

/** All groups that have rows, in the order of the table. */
export function rowGroups(comparison: Comparison): RowGroup[] {
  // A model's id says nothing to a reader that its name does not say.
  const lineage = comparison.lineage.filter(({ name }) => !name.endsWith(".model_id"));
  const data = lineage.filter(({ name }) => isData(name));
  const code = lineage.filter(({ name }) => !isData(name));
  const groups: [Group, Row[]][] = [
    ["metrics", comparison.metrics.map(metricRow)],
    ["parameters", comparison.params.map(factRow)],
    ["data", data.map(factRow)],
    ["code", code.map(factRow)],
    ["environment", comparison.environment.map(factRow)],
    ["content", comparison.facts.map(factRow)],
    ["tags", comparison.tags.map(factRow)],
    ["files", comparison.files.map(fileRow)],
  ];
  return groups.filter(([, rows]) => rows.length > 0).map(([key, rows]) => ({ key, title: TITLES[key], rows }));
}

/** The rows that differ between some of the versions. */
export function differing(groups: readonly RowGroup[]): RowGroup[] {
  return groups.map((group) => ({ ...group, rows: group.rows.filter(({ same }) => !same) })).filter(({ rows }) => rows.length > 0);
}

/** Whether values were measured on different data or in different units, so that the registry says nothing of which is best. */
export function isIncomparable({ values, deltas, best }: Metric): boolean {
  const measured = values.filter((value) => value !== null).length;
  const told = deltas.some((delta, place) => place > 0 && delta !== null);
  return measured > 1 && !told && values[0] !== null && !best.some(Boolean);
}

function metricRow(metric: Metric): Row {
  const { name, values } = metric;
  return {
    key: name,
    name,
    note: noteOf(metric),
    same: values.every((value) => value === values[0]),
    cells: values.map((_, place) => metricCell(metric, place)),
  };
}

function noteOf(metric: Metric): string {
  if (metric.direction === null) return "direction is contradicted";
  if (isIncomparable(metric)) return "not comparable: different data or units";
  return `${metric.direction} is better${metric.assumed ? " (assumed)" : ""}`;
}

function metricCell({ values, deltas, best, direction, measured }: Metric, place: number): Cell {
  const value = values[place] ?? null;
  if (value === null) return { ...NOTHING, differs: values[0] !== null };
  const delta = place === 0 ? null : (deltas[place] ?? null);
  const how = measured[place];
  const unit = how?.unit ?? "";
  const on = how == null ? "" : [how.dataset, how.split].filter((word) => word !== "").join(", ");
  return {
    text: `${significant(value)}${unit === "" ? "" : ` ${unit}`}`,
    whole: `${value}${unit === "" ? "" : ` ${unit}`}${on === "" ? "" : `, measured on ${on}`}`,
    delta: delta === null || delta === 0 ? "" : signed(delta),
    tone: toneOf(delta, direction),
    best: best[place] === true,
    differs: value !== values[0],
    missing: false,
  };
}

/** A difference with its sign, which is a minus and no hyphen. */
export function signed(delta: number): string {
  return `${delta > 0 ? "+" : "−"}${significant(Math.abs(delta), 3)}`;
}

function toneOf(delta: number | null, direction: string | null): Cell["tone"] {
  if (delta === null || delta === 0 || direction === null) return "plain";
  return delta > 0 === (direction === "higher") ? "better" : "worse";
}

function factRow({ name, values, same }: Fact): Row {
  return { key: name, name: name.replaceAll(".#", " "), note: "", same, cells: values.map((value) => factCell(value, values[0])) };
}

function factCell(value: unknown, first: unknown): Cell {
  const differs = JSON.stringify(value) !== JSON.stringify(first);
  if (value === null || value === undefined) return { ...NOTHING, differs };
  const whole = textOf(value);
  const [number, base] = [numberOf(value), numberOf(first)];
  const delta = number !== null && base !== null && number !== base ? signed(number - base) : "";
  return { ...NOTHING, text: whole.startsWith("sha256") ? shortDigest(whole) : whole, whole, delta, differs, missing: false };
}

function fileRow({ path, digests, sizes, change }: FileRow): Row {
  const cells = digests.map((digest, place): Cell => {
    const differs = digest !== digests[0];
    const size = sizes[place] ?? null;
    if (digest === null || size === null) return { ...NOTHING, differs };
    return { ...NOTHING, text: `${bytes(size)} · ${shortDigest(digest)}`, whole: `${digest}, ${size} bytes`, differs, missing: false };
  });
  return { key: path, name: path, note: change === "same" ? "" : change, same: change === "same", cells };
}

function textOf(value: unknown): string {
  if (typeof value === "number") return significant(value, 6);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isData(name: string): boolean {
  return name.startsWith("datasets") || name.startsWith("bases");
}

const NOTHING: Cell = { text: "—", whole: "", delta: "", tone: "plain", best: false, differs: false, missing: true };
