import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, type ReactElement } from "react";
import { compact } from "../../address";
import { modelsQuery } from "../../api/queries";
import type { Model } from "../../api/types";
import { command } from "../../parts/commands";
import { LoadingRows } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Page } from "../../parts/Page";
import { useList, type List } from "../../parts/useList";
import { useRegistryUrl } from "../../parts/useRegistryUrl";
import { VirtualTable } from "../../parts/VirtualTable";
import { modelColumns } from "./columns";
import { Fault, useFault } from "./Fault";
import { filterOf, typedFilter } from "./filter";
import { Filters } from "./Filters";
import { Grammar } from "./Grammar";
import classes from "./Models.module.css";
import type { ModelsSearch } from "./search";

const route = getRouteApi("/");

/** All models: what there is, who owns it, what is in production. The address holds the search. */
export function ModelsPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = filterOf(search);
  const list = useList(modelsQuery(compact({ filter, order: search.order })));
  const typed = typedFilter(search.q ?? "");
  const fault = useFault(typed, list.error);
  const change = (changed: { [K in keyof ModelsSearch]: ModelsSearch[K] | undefined }): void =>
    void navigate({ search: (now) => compact({ ...now, ...changed }), replace: true, resetScroll: false });
  return (
    <Page title="Models">
      <Filters
        search={search}
        models={list.items}
        fault={fault === null ? null : <Fault typed={typed} error={fault} />}
        onChange={change}
      />
      {fault === null ? <Found list={list} search={search} filtered={filter !== ""} /> : <Grammar />}
    </Page>
  );
}

function Found({ list, search, filtered }: { list: List<Model>; search: ModelsSearch; filtered: boolean }): ReactElement {
  const narrow = useMediaQuery("(max-width: 760px)", false, { getInitialValueInEffect: false });
  const columns = useMemo(() => modelColumns(search, narrow), [search, narrow]);
  if (list.error !== null && list.items.length === 0) return <ProblemNotice error={list.error} retry={list.retry} />;
  if (list.loading) return <LoadingRows rows={10} label="Loading the models" />;
  if (list.items.length === 0) return filtered ? <NoMatch /> : <NoModels />;
  return (
    <div className={classes.list} data-stale={list.stale || undefined}>
      <VirtualTable
        label="Models"
        columns={columns}
        rows={list.items}
        rowKey={(model) => model.id}
        onEnd={list.more}
        foot={<span role="status">{list.foot("model")}</span>}
        maxHeight="max(320px, calc(100dvh - 230px))"
      />
    </div>
  );
}

function NoModels(): ReactElement {
  const url = useRegistryUrl();
  return (
    <Empty title="No models yet." command={command(url, "push", "churn", "model.joblib")}>
      <p>Any file or folder becomes version 1 of a model that is called as you call it:</p>
    </Empty>
  );
}

function NoMatch(): ReactElement {
  const navigate = route.useNavigate();
  return (
    <Empty title="No model is like that.">
      <Button variant="default" onClick={() => void navigate({ search: {} })}>
        Show all models
      </Button>
    </Empty>
  );
}
