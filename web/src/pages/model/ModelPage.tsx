import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, type ReactElement } from "react";
import { modelQuery } from "../../api/queries";
import type { Model } from "../../api/types";
import { LoadingPage } from "../../parts/Loading";
import { ProblemNotice } from "../../parts/Notices";
import { Page } from "../../parts/Page";
import { Byline, Deleted, Description, NoVersions, Standing } from "./About";
import { Activity } from "./Activity";
import { useJournal } from "./journal";
import { Metric } from "./Metric";
import type { ModelSearch } from "./search";
import { Timeline } from "./Timeline";
import { Versions } from "./Versions";

const route = getRouteApi("/models/$name");
const ASK_AGAIN = 10_000;

/** One model: its stages over time, its versions, its metrics, what happened to it. */
export function ModelPage(): ReactElement {
  const { name } = route.useParams();
  const { data, error, refetch } = useQuery({ ...modelQuery(name), refetchInterval: ASK_AGAIN });
  if (data !== undefined) return <Shown key={name} name={name} model={data} />;
  if (error === null) return <LoadingPage />;
  return (
    <Page title={name}>
      <ProblemNotice error={error} retry={() => void refetch()}>
        <p>
          <Link to="/">
            All models
          </Link>
        </p>
      </ProblemNotice>
    </Page>
  );
}

function Shown({ name, model }: { name: string; model: Model }): ReactElement {
  useFollowing(name, model.sequence);
  const journal = useJournal(model);
  const { search, change } = useView();
  return (
    <Page title={model.name} about={<Byline model={model} />}>
      <Deleted model={model} />
      <Standing model={model} />
      <Description text={model.description} />
      {model.versions === 0 ? <NoVersions name={model.name} /> : <Views {...{ model, journal, search, change }} />}
      <Activity model={model} journal={journal} />
    </Page>
  );
}

interface ViewsProps extends ReturnType<typeof useView> {
  model: Model;
  journal: ReturnType<typeof useJournal>;
}

function Views({ model, journal, search, change }: ViewsProps): ReactElement {
  const look = (view: { from: string; to: string } | undefined): void => change(view ?? { from: undefined, to: undefined });
  return (
    <>
      <Timeline {...{ model, journal, look }} from={search.from} to={search.to} />
      <Versions {...{ model, search, change }} />
      <Metric {...{ model, journal }} chosen={search.metric} choose={(metric) => change({ metric })} />
    </>
  );
}

/** The page's state, as its address holds it, and how a part of it is changed. */
function useView() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: Partial<Record<keyof ModelSearch, string | string[] | undefined>>): void => {
      void navigate({ search: (before) => ({ ...before, ...part }) as ModelSearch, hash: true, replace: true, resetScroll: false });
    },
    [navigate],
  );
  return { search, change };
}

/** Brings the page's parts up to date when the model's journal has grown, but the journal, which brings itself. Lists that were read far are left, as they are long. */
function useFollowing(name: string, sequence: number): void {
  const queries = useQueryClient();
  const known = useRef(sequence);
  useEffect(() => {
    if (known.current === sequence) return;
    known.current = sequence;
    void queries.invalidateQueries({
      predicate: ({ queryKey, state }) => queryKey[0] === "model" && queryKey[1] === name && queryKey.length > 2 && queryKey[2] !== "journal" && pagesOf(state.data) <= 5,
    });
  }, [queries, name, sequence]);
}

function pagesOf(data: unknown): number {
  return typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages) ? data.pages.length : 1;
}
