import { Button, NativeSelect, useComputedColorScheme } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { CatchBoundary, useNavigate } from "@tanstack/react-router";
import type { ECharts } from "echarts/core";
import { useCallback, useMemo, type ReactElement } from "react";
import { flatten, versionQuery, versionsQuery } from "../../api/queries";
import type { Model, Version } from "../../api/types";
import { Chart } from "../../parts/Chart";
import { counted, exactTime } from "../../parts/format";
import { LoadingBlock } from "../../parts/Loading";
import { Empty, Notice, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { UserText } from "../../parts/Words";
import { bestOf, directionsIn, metricNames, pointsOf, type Direction, type Point } from "./metricData";
import { Legend } from "./Legend";
import { metricOption, stagesOf, versionAt } from "./metricOption";
import { MetricTable } from "./MetricTable";
import classes from "./ModelPage.module.css";
import type { Journal } from "./journal";

const HEIGHT = 300;
const PAGE = 200;

interface MetricProps {
  model: Model;
  journal: Journal;
  chosen: string | undefined;
  choose: (metric: string) => void;
}

/** One metric of the newest versions: who is best, and whether that beats what is in production. */
export function Metric({ model, journal, chosen, choose }: MetricProps): ReactElement {
  const query = useInfiniteQuery({ ...versionsQuery(model.name, undefined, PAGE), staleTime: 60_000 });
  const versions = useMemo(() => flatten(query.data), [query.data]);
  const names = useMemo(() => metricNames(versions), [versions]);
  const metric = chosen ?? names[0];
  const picker = names.length > 0 && (
    <NativeSelect
      size="xs"
      aria-label="Metric"
      data={chosen === undefined || names.includes(chosen) ? names : [chosen, ...names]}
      value={metric}
      onChange={(event) => choose(event.currentTarget.value)}
      className={classes.pick ?? ""}
    />
  );
  return (
    <Section id="metrics" title="Metric over versions" actions={picker}>
      {query.isPending && <LoadingBlock height={HEIGHT + 60} label="Loading the metrics" />}
      {query.error !== null && <ProblemNotice error={query.error} retry={() => void query.refetch()} what="The metrics cannot be shown" />}
      {query.isSuccess && metric === undefined && (
        <Empty title="No version has a metric yet.">
          <p className="dim">Give them with a push, as --metric auc=0.93, or report them later with modelyard evaluate.</p>
        </Empty>
      )}
      {metric !== undefined && <Charted key={metric} {...{ model, journal, metric, versions }} />}
      {query.hasNextPage && (
        <p className={classes.foot}>
          <Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Older versions
          </Button>
          <span className="dim">The newest {counted(versions.length, "version")} are shown.</span>
        </p>
      )}
    </Section>
  );
}

function Charted({ model, journal, metric, versions }: { model: Model; journal: Journal; metric: string; versions: Version[] }): ReactElement {
  const points = useMemo(() => pointsOf(versions, metric), [versions, metric]);
  const incumbent = useIncumbent(model, versions, metric);
  const direction = useMemo(() => directionsIn(journal.entries).get(metric), [journal.entries, metric]);
  const best = bestOf(points, direction);
  // A chart takes its colours from the page, so it is drawn anew in the other scheme.
  const scheme = useComputedColorScheme("light");
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const option = useMemo(() => metricOption({ metric, points, best, incumbent }), [metric, points, best, incumbent, scheme]);
  const onReady = useLeading(model.name);
  return (
    <>
      <p id="metric-said">
        <Said {...{ metric, points, best, incumbent, direction }} pending={journal.pending} since={journal.since} />
      </p>
      {points.length > 0 && (
        <div className={classes.paper}>
          <Legend stages={stagesOf(points)} />
          <CatchBoundary getResetKey={() => metric} errorComponent={Undrawn}>
            <Chart label={`${metric} of ${counted(points.length, "version")}; the table below has the values`} height={HEIGHT} option={option} onReady={onReady} />
          </CatchBoundary>
        </div>
      )}
      <MetricTable {...{ name: model.name, metric, points, best, incumbent, direction }} />
    </>
  );
}

/** A chart that fails takes nothing else with it. */
function Undrawn(): ReactElement {
  return <Notice tone="warn" title="These values cannot be drawn. The table below has them." />;
}

interface SaidProps {
  metric: string;
  points: readonly Point[];
  best: Point | undefined;
  incumbent: Point | undefined;
  direction: Direction | undefined;
  pending: boolean;
  since: string | null;
}

function Said({ metric, points, best, incumbent, direction, pending, since }: SaidProps): ReactElement {
  if (points.length === 0) return <>None of these versions has <UserText text={metric} />.</>;
  const when = since === null ? "" : ` since ${exactTime(Date.parse(since))}`;
  const way = direction === undefined ? `nobody said${when} which values are better, so none is marked as best` : `${direction} values are better`;
  return (
    <>
      Of <UserText text={metric} />, {pending && direction === undefined ? "…" : way}.{" "}
      {best !== undefined && <>The best is version {best.version} with {best.value}. </>}
      {incumbent === undefined ? "Nothing in production has it." : <>To beat: version {incumbent.version} in production, with {incumbent.value}.</>}
    </>
  );
}

/** What is in production, as a point; asked for by itself when it is none of the versions that came. */
function useIncumbent(model: Model, versions: readonly Version[], metric: string): Point | undefined {
  const number = model.stages.production?.at(-1);
  const known = versions.find(({ version }) => version === number);
  const { data } = useQuery({ ...versionQuery({ name: model.name, number: number ?? 0 }), enabled: number !== undefined && known === undefined });
  const standing = known ?? data;
  return useMemo(() => (standing === undefined ? undefined : pointsOf([standing], metric)[0]), [standing, metric]);
}

function useLeading(name: string): (chart: ECharts) => void {
  const navigate = useNavigate();
  return useCallback(
    (chart: ECharts) => {
      chart.on("click", ({ data }: { data?: unknown }) => {
        const number = versionAt(data);
        if (number !== undefined) void navigate({ to: "/models/$name/versions/$number", params: { name, number } });
      });
    },
    [name, navigate],
  );
}
