import { Switch } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, type ReactElement } from "react";
import { comparisonQuery } from "../../api/queries";
import { settingsQuery } from "../../api/settings";
import type { Comparison } from "../../api/types";
import { command } from "../../parts/commands";
import { CopyCommand } from "../../parts/CopyCommand";
import { counted } from "../../parts/format";
import { LoadingBlock } from "../../parts/Loading";
import { Empty, Notice } from "../../parts/Notices";
import { Page } from "../../parts/Page";
import { AddVersion } from "./AddVersion";
import { axesOf, kept, readRanges, telling, type Axis } from "./axes";
import { Chosen } from "./Chosen";
import { CompareTable } from "./CompareTable";
import { Ranges } from "./Ranges";
import { differing, rowGroups } from "./rows";
import { Scatter } from "./Scatter";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./compare.module.css";

const MOST = 20;
const route = getRouteApi("/compare");

/** Two to twenty versions beside one another, the first one being what the others are held against. */
export function ComparePage(): ReactElement {
  const { refs = [] } = route.useSearch();
  const title = refs.length === 0 ? "Compare" : `Compare ${refs.slice(0, 3).join(", ")}${refs.length > 3 ? " …" : ""}`;
  const about = refs.length < 2 ? "Choose 2 to 20 versions, of one model or of several." : "Each version is a column; the others are held against the first one, the baseline.";
  return (
    <Page title={title} heading="Compare" about={about}>
      {refs.length < MOST && <AddVersion refs={refs} />}
      {refs.length < 2 ? <TooFew refs={refs} /> : <Compared refs={refs} />}
    </Page>
  );
}

function TooFew({ refs }: { refs: readonly string[] }): ReactElement {
  const url = useAddress();
  if (refs.length === 1) {
    return (
      <>
        <Chosen refs={refs} />
        <p className="dim">Add a second version to hold against it.</p>
      </>
    );
  }
  return (
    <Empty title="No versions are chosen yet." command={command(url, "compare", "churn/1", "churn/2")}>
      <p className="dim">Add versions above by their references, or compare on the command line:</p>
    </Empty>
  );
}

function Compared({ refs }: { refs: readonly string[] }): ReactElement {
  const { data, error, isPlaceholderData, refetch } = useQuery({ ...comparisonQuery(refs), placeholderData: keepPreviousData });
  if (error !== null && data === undefined) return <Chosen refs={refs} error={error} retry={() => void refetch()} />;
  if (data === undefined) return <LoadingBlock height={420} label="Loading the comparison" />;
  return <View comparison={data} refs={refs} busy={isPlaceholderData} />;
}

interface ViewProps {
  comparison: Comparison;
  refs: readonly string[];
  /** The versions asked for are others than those on screen: these come. */
  busy: boolean;
}

function View({ comparison, refs, busy }: ViewProps): ReactElement {
  const { search, change } = useCompareSearch();
  const url = useAddress();
  const all = useMemo(() => rowGroups(comparison), [comparison]);
  const axes = useMemo(() => telling(axesOf(comparison)), [comparison]);
  const ranges = useMemo(() => readRanges(search.keep ?? []), [search.keep]);
  const places = kept(comparison.versions.length, axes, ranges);
  const groups = search.diff === true ? differing(all) : all;
  const rows = all.reduce((sum, group) => sum + group.rows.length, 0);
  const differs = differing(all).reduce((sum, group) => sum + group.rows.length, 0);
  return (
    <div className={classes.view} aria-busy={busy}>
      <div className={classes.controls}>
        <Switch label="Differences only" checked={search.diff === true} onChange={(event) => change({ diff: event.currentTarget.checked })} />
        <span className="dim" role="status">
          {differs} of {counted(rows, "row")} differ; {places.length} of {counted(comparison.versions.length, "version")} shown
        </span>
      </div>
      {comparison.truncated && <Notice title="There is more than one comparison holds: not every fact or file is listed." />}
      <CompareTable comparison={comparison} groups={groups} places={places} refs={busy ? [] : refs} />
      {groups.length === 0 && <Empty title="They do not differ in anything that is recorded." />}
      <Charts comparison={comparison} axes={axes} places={places} />
      <CopyCommand command={command(url, "compare", ...refs)} label="command for this comparison" />
    </div>
  );
}

function Charts({ comparison, axes, places }: { comparison: Comparison; axes: Axis[]; places: number[] }): ReactElement | null {
  // The charts keep what is brushed on them for as long as these are the same.
  const names = useMemo(() => comparison.versions.map(({ reference }) => reference), [comparison]);
  if (axes.length === 0) return null;
  return (
    <>
      <Ranges axes={axes} names={names} />
      {axes.length > 1 && <Scatter axes={axes} names={names} places={places} />}
    </>
  );
}

function useAddress(): string {
  const { data: settings } = useQuery(settingsQuery);
  return settings?.url ?? globalThis.location.origin;
}
