import { Tabs } from "@mantine/core";
import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, type ReactElement } from "react";
import { evaluationsQuery, flatten, historyQuery, modelQuery, versionQuery } from "../../api/queries";
import type { Version } from "../../api/types";
import { AliasBadge, StageBadge, StateBadge } from "../../parts/Badges";
import { count } from "../../parts/format";
import { ModelLink } from "../../parts/Links";
import { Page } from "../../parts/Page";
import { DigestText, Size, UserText, When } from "../../parts/Words";
import { Evaluations } from "./Evaluations";
import { Files } from "./Files";
import { History } from "./History";
import { LineageView } from "./LineageView";
import { Overview } from "./Overview";
import { Signatures } from "./Signatures";
import { Pull } from "./Pull";
import { TABS, without, type Tab } from "./search";
import { StageForm } from "./StageForm";
import { StateNotice } from "./StateNotice";
import { TrustPanel } from "./TrustPanel";
import classes from "./version.module.css";

const route = getRouteApi("/models/$name/versions/$number");

const SOON = 2_000;

/** One version: whether it can be trusted, what is in it, where it came from, where it stands. */
export function VersionPage(): ReactElement {
  const path = route.useParams();
  const { move = false } = route.useSearch();
  const { data: version } = useSuspenseQuery({ ...versionQuery(path), refetchInterval: ({ state }) => (waits(state.data) ? SOON : false) });
  return (
    <Page title={`${version.name}/${version.version}`} heading={<Heading version={version} />} about={<About version={version} />} actions={<Actions version={version} />}>
      <StateNotice version={version} />
      {move && canMove(version) && <StageForm key={`${version.name}/${version.version}`} version={version} />}
      <div className={classes.top}>
        <TrustPanel version={version} />
        <Pull version={version} />
      </div>
      <Parts version={version} />
    </Page>
  );
}

/** What is rejected or deleted is never moved. */
function canMove({ state, deleted }: Version): boolean {
  return deleted == null && state !== "rejected" && state !== "deleted";
}

/** Whether a verdict is under way, so that the page asks for it by itself. */
function waits(version: Version | undefined): boolean {
  return version !== undefined && (version.state === "verifying" || version.state === "uploading" || version.proof_pending);
}

function Heading({ version }: { version: Version }): ReactElement {
  return (
    <span className={classes.heading}>
      <bdi>
        <ModelLink name={version.name}>
          <bdi>{version.name}</bdi>
        </ModelLink>
        <span className="dim">/</span>
        {version.version}
      </bdi>
      <StateBadge state={version.state} />
      <StageBadge stage={version.stage} />
      {version.aliases.map((alias) => (
        <AliasBadge key={alias} alias={alias} />
      ))}
    </span>
  );
}

function About({ version }: { version: Version }): ReactElement {
  return (
    <span className={classes.about}>
      <DigestText digest={version.digest} />
      <span>
        <Size value={version.size} /> in {count(version.file_count)} {version.file_count === 1 ? "file" : "files"}
      </span>
      <span className={classes.by}>
        registered <When time={version.created_at} focusable /> by <UserText text={version.created_by} />
      </span>
    </span>
  );
}

function Actions({ version }: { version: Version }): ReactElement {
  const refs = [`${version.name}/${version.version}`];
  const { data: model } = useQuery(modelQuery(version.name));
  const standing = model?.stages.production ?? [];
  const other = standing.includes(version.version) ? undefined : standing.at(-1);
  return (
    <>
      <Link to="/compare" search={{ refs }} className={classes.button}>
        Compare …
      </Link>
      {other !== undefined && (
        <Link to="/compare" search={{ refs: [`${version.name}/${other}`, ...refs] }} className={classes.button}>
          Compare with production
        </Link>
      )}
      {canMove(version) && (
        <Link
          from="/models/$name/versions/$number"
          to="."
          search={(now) => ({ ...now, move: true })}
          resetScroll={false}
          className={classes.button}
        >
          Change the stage …
        </Link>
      )}
    </>
  );
}

function Parts({ version }: { version: Version }): ReactElement {
  const path = { name: version.name, number: version.version };
  const { tab = "overview" } = route.useSearch();
  const navigate = route.useNavigate();
  const evaluations = useInfiniteQuery(evaluationsQuery(path));
  const history = useInfiniteQuery(historyQuery(version.name, version.version));
  const counts: Partial<Record<Tab, string>> = {
    files: count(version.file_count),
    ...(evaluations.data !== undefined && { evaluations: countOf(flatten(evaluations.data).length, evaluations.hasNextPage) }),
    signatures: count((version.signed?.count ?? 0) + (version.provenance?.count ?? 0)),
    ...(history.data !== undefined && { history: countOf(flatten(history.data).length, history.hasNextPage) }),
  };
  const list = useRef<HTMLDivElement>(null);
  // On narrow screens the tabs scroll: the chosen one is in sight.
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>("[aria-selected=true]");
    if (list.current !== null && chosen != null) list.current.scrollLeft = chosen.offsetLeft - list.current.clientWidth / 3;
  }, [tab]);
  const go = (to: string | null): void =>
    void navigate({ search: (now) => ({ ...without(now, "file"), tab: (to ?? "overview") as Tab }), replace: true, resetScroll: false });
  return (
    <Tabs value={tab} onChange={go} keepMounted={false} id="parts">
      <Tabs.List aria-label="About this version" className={classes.tabs ?? ""} ref={list}>
        {TABS.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {one[0]?.toUpperCase()}
            {one.slice(1)}
            {counts[one] !== undefined && <span className="dim"> {counts[one]}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={tab} className={classes.panel ?? ""}>
        {tab === "overview" && <Overview version={version} />}
        {tab === "files" && <Files version={version} />}
        {tab === "evaluations" && <Evaluations version={version} />}
        {tab === "signatures" && <Signatures version={version} />}
        {tab === "lineage" && <LineageView version={version} />}
        {tab === "history" && <History version={version} />}
      </Tabs.Panel>
    </Tabs>
  );
}

function countOf(value: number, more: boolean): string {
  return `${count(value)}${more ? "+" : ""}`;
}
