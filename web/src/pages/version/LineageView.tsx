import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { lineageQuery } from "../../api/queries";
import type { Lineage, Version } from "../../api/types";
import { LoadingBlock } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { LineageGraph, NodeName } from "./LineageGraph";
import classes from "./Lineage.module.css";

const route = getRouteApi("/models/$name/versions/$number");
const USUAL = 3;
const DEEPEST = 10;
const MOST = 300;

/** What a version came of and what came of it: as a graph from left to right, and as a list. */
export function LineageView({ version }: { version: Version }): ReactElement {
  const { steps = USUAL } = route.useSearch();
  const navigate = route.useNavigate();
  const path = { name: version.name, number: version.version };
  const lineage = useQuery({ ...lineageQuery(path, { depth: steps, limit: MOST }), placeholderData: keepPreviousData });
  if (lineage.isLoadingError) return <ProblemNotice what="The lineage cannot be shown" error={lineage.error} retry={() => void lineage.refetch()} />;
  const further = (): void => void navigate({ search: (now) => ({ ...now, steps: Math.min(steps + 3, DEEPEST) }), replace: true, resetScroll: false });
  const { data } = lineage;
  return (
    <Section id="lineage" title="Where it came from, and what came of it">
      {data === undefined && <LoadingBlock height={240} label="Loading the lineage" />}
      {data !== undefined && data.nodes.length < 2 && (
        <Empty title="Nothing was recorded of where it came from, and nothing came of it.">
          <p className="dim">Data, code and bases are recorded by the push that registers a version.</p>
        </Empty>
      )}
      {data !== undefined && data.nodes.length > 1 && <Shown lineage={data} />}
      {data?.truncated === true && (
        <div className={classes.more}>
          <span>There is more beyond {steps} steps.</span>
          {steps < DEEPEST && (
            <Button size="xs" variant="default" loading={lineage.isFetching} onClick={further}>
              Trace further
            </Button>
          )}
        </div>
      )}
    </Section>
  );
}

function Shown({ lineage }: { lineage: Lineage }): ReactElement {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  return (
    <>
      <LineageGraph lineage={lineage} open={open} unfold={(column) => setOpen(new Set([...open, column]))} />
      <details className={classes.list}>
        <summary>The same as a list</summary>
        <ul>
          {lineage.edges.map(({ from, to, relation }) => (
            <li key={`${from} ${to} ${relation}`}>
              <NodeName node={lineage.nodes.find(({ id }) => id === to)} /> <span className="dim">{relation || "made with"}</span>{" "}
              <NodeName node={lineage.nodes.find(({ id }) => id === from)} />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
