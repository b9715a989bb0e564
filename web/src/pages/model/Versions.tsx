import { MultiSelect, NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, type ReactElement } from "react";
import { flatten, versionsQuery } from "../../api/queries";
import type { Model, Version } from "../../api/types";
import { AliasBadge, StageBadge, StateBadge } from "../../parts/Badges";
import { actorName } from "../../parts/events";
import { counted } from "../../parts/format";
import { LoadingRows } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { VirtualTable, type Column } from "../../parts/VirtualTable";
import { MetricValue, UserText } from "../../parts/Words";
import { Choice, MOST } from "./Choice";
import { metricNames } from "./metricData";
import classes from "./ModelPage.module.css";
import { LightLink } from "./LightLink";
import { Moment } from "./Moment";
import type { ModelSearch } from "./search";

const USUAL_COLUMNS = 2;

interface VersionsProps {
  model: Model;
  search: ModelSearch;
  change: (search: Partial<Record<keyof ModelSearch, string | string[] | undefined>>) => void;
}

/** All versions, newest first, page by page; some can be chosen to be compared. */
export function Versions({ model, search, change }: VersionsProps): ReactElement {
  // Pages that came stay as they are: thousands of versions are not compared in depth with themselves.
  const query = useInfiniteQuery({ ...versionsQuery(model.name, search.stage), staleTime: 60_000, refetchOnWindowFocus: false, structuralSharing: false });
  const rows = useMemo(() => flatten(query.data), [query.data]);
  // Of the first page alone: columns that changed with each page would have all rows drawn anew.
  const newest = query.data?.pages[0];
  const names = useMemo(() => metricNames(newest?.items ?? []), [newest]);
  const shown = useMemo(() => search.cols ?? names.slice(0, USUAL_COLUMNS), [search.cols, names]);
  const picked = useMemo(() => (search.pick ?? []).map(Number), [search.pick]);
  const pick = useCallback((numbers: number[]) => change({ pick: numbers.map(String) }), [change]);
  const columns = useMemo(() => columnsOf(model.name, shown, picked, pick), [model.name, shown, picked, pick]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  const filters = <Filters {...{ model, names, shown, change }} stage={search.stage} />;
  return (
    <Section id="versions" title="Versions" actions={filters}>
      <Choice name={model.name} picked={picked} pick={pick} />
      {query.isPending && <LoadingRows rows={10} label="Loading the versions" />}
      {query.error !== null && <ProblemNotice error={query.error} retry={() => void (rows.length > 0 ? fetchNextPage() : query.refetch())} what="Not all versions can be shown" />}
      {query.isSuccess && rows.length === 0 && <Empty title={search.stage === undefined ? "No version is left." : `No version stands in ${search.stage}.`} />}
      {rows.length > 0 && (
        <VirtualTable
          label={`Versions of ${model.name}`}
          columns={columns}
          rows={rows}
          rowKey={(row) => String(row.version)}
          {...(hasNextPage && search.stage === undefined ? { total: model.versions + 1 } : {})}
          onEnd={onEnd}
          foot={hasNextPage ? `The newest ${counted(rows.length, "version")}; more come with scrolling …` : allOf(model, rows.length, search.stage)}
          maxHeight="min(70dvh, 760px)"
          selected={(row) => picked.includes(row.version)}
        />
      )}
    </Section>
  );
}

function allOf(model: Model, rows: number, stage: string | undefined): string {
  const gone = model.versions - rows;
  const also = stage === undefined && gone > 0 ? ` ${counted(gone, "other was", "others were")} deleted or purged.` : "";
  return `${counted(rows, "version")}, that is all.${also}`;
}

interface FiltersProps extends Pick<VersionsProps, "model" | "change"> {
  names: readonly string[];
  shown: readonly string[];
  stage: string | undefined;
}

function Filters({ model, names, shown, stage, change }: FiltersProps): ReactElement {
  const stages = [...new Set(["production", "staging", "development", "archived", ...Object.keys(model.stages), ...(stage === undefined ? [] : [stage])])];
  return (
    <div className={classes.filters}>
      <NativeSelect
        size="xs"
        aria-label="Stage"
        value={stage ?? ""}
        data={[{ value: "", label: "All stages" }, ...stages]}
        onChange={(event) => change({ stage: event.currentTarget.value || undefined })}
      />
      <MultiSelect
        size="xs"
        aria-label="Metrics as columns"
        placeholder={shown.length === 0 ? "Metrics as columns" : ""}
        data={[...new Set([...names, ...shown])]}
        value={[...shown]}
        onChange={(cols) => change({ cols })}
        searchable
        hidePickedOptions
        maxValues={8}
        className={classes.columns ?? ""}
      />
    </div>
  );
}

function columnsOf(name: string, metrics: readonly string[], picked: readonly number[], pick: (numbers: number[]) => void): Column<Version>[] {
  return [
    { key: "version", header: "Version", width: "112px", cell: (row) => <Chosen {...{ name, row, picked, pick }} /> },
    { key: "state", header: "State", width: "120px", cell: ({ state }) => <StateBadge state={state} /> },
    { key: "stage", header: "Stage", width: "144px", cell: ({ stage }) => <StageBadge stage={stage} /> },
    { key: "aliases", header: "Aliases", width: "minmax(120px, 1fr)", cell: ({ aliases }) => aliases.map((alias) => <AliasBadge key={alias} alias={alias} />) },
    ...metrics.map((metric): Column<Version> => ({ key: `metric ${metric}`, header: <bdi title={metric}>{metric}</bdi>, width: "110px", align: "end", cell: (row) => <Measured row={row} metric={metric} /> })),
    { key: "description", header: "Description", width: "minmax(180px, 2fr)", cell: ({ description }) => <UserText text={description} /> },
    { key: "created", header: "Pushed", width: "130px", cell: (row) => <Moment time={row.created_at} /> },
    { key: "by", header: "By", width: "120px", cell: ({ created_by }) => <bdi title={created_by}>{actorName(created_by)}</bdi> },
  ];
}

function Measured({ row, metric }: { row: Version; metric: string }): ReactElement {
  const value = Object.hasOwn(row.metrics, metric) ? row.metrics[metric] : undefined;
  return value === undefined ? <span className="dim">–</span> : <MetricValue value={value} unit={row.measured[metric]?.unit ?? ""} />;
}

interface ChosenProps {
  name: string;
  row: Version;
  picked: readonly number[];
  pick: (numbers: number[]) => void;
}

function Chosen({ name, row, picked, pick }: ChosenProps): ReactElement {
  const chosen = picked.includes(row.version);
  const toggle = (): void => pick(chosen ? picked.filter((one) => one !== row.version) : [...picked, row.version]);
  return (
    <>
      <label className={classes.check}>
        <input type="checkbox" checked={chosen} disabled={!chosen && picked.length >= MOST} onChange={toggle} />
        <span className="sr-only">Compare version {row.version}</span>
      </label>
      <LightLink name={name} number={row.version} />
    </>
  );
}
