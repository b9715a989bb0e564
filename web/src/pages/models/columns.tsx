import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { compact } from "../../address";
import type { Model } from "../../api/types";
import { count } from "../../parts/format";
import { Icon, type IconName } from "../../parts/icons";
import { ModelLink, VersionLink } from "../../parts/Links";
import type { Column } from "../../parts/VirtualTable";
import { TagLine, UserText, When } from "../../parts/Words";
import classes from "./Models.module.css";
import type { ModelsSearch } from "./search";

const MOST_SHOWN = 3;

/** What is told of each model; on narrow screens only what is asked for first. */
export function modelColumns(search: ModelsSearch, narrow: boolean): Column<Model>[] {
  const name: Column<Model> = {
    key: "name",
    header: <Order field="name" word="Model" search={search} usual="ASC" />,
    width: narrow ? "minmax(120px, 1.6fr)" : "minmax(200px, 2fr)",
    sorted: sortedBy("name", search.order ?? "name ASC"),
    cell: (model) => <ModelLink name={model.name} />,
  };
  const production: Column<Model> = {
    key: "production",
    header: "Production",
    width: narrow ? "104px" : "120px",
    cell: (model) => <Standing model={model} stage="production" icon="play" />,
  };
  const changed: Column<Model> = {
    key: "changed",
    header: <Order field="updated_at" word="Last change" search={search} usual="DESC" />,
    width: narrow ? "116px" : "140px",
    sorted: sortedBy("updated_at", search.order ?? ""),
    cell: (model) => <When time={model.updated_at} short={narrow} />,
  };
  if (narrow) return [name, production, changed];
  return [
    name,
    production,
    { key: "staging", header: "Staging", width: "110px", cell: (model) => <Standing model={model} stage="staging" icon="flask" /> },
    { key: "versions", header: "Versions", width: "84px", align: "end", cell: (model) => count(model.versions) },
    { key: "owner", header: "Owner", width: "minmax(100px, 1fr)", cell: (model) => <UserText text={model.owner} /> },
    { key: "tags", header: "Tags", width: "minmax(120px, 2fr)", cell: (model) => <TagLine tags={model.tags} /> },
    changed,
  ];
}

function Standing({ model, stage, icon }: { model: Model; stage: string; icon: IconName }): ReactElement {
  const numbers = model.stages[stage] ?? [];
  if (numbers.length === 0) return <span className="dim">–</span>;
  return (
    <span className={classes.standing} data-stage={stage}>
      <Icon name={icon} size={12} />
      {numbers.slice(0, MOST_SHOWN).map((number) => (
        <VersionLink key={number} name={model.name} number={number} short />
      ))}
      {numbers.length > MOST_SHOWN && <span className="dim">and {numbers.length - MOST_SHOWN} more</span>}
    </span>
  );
}

interface OrderProps {
  field: string;
  word: string;
  search: ModelsSearch;
  /** The direction that a first click gives. */
  usual: "ASC" | "DESC";
}

function Order({ field, word, search, usual }: OrderProps): ReactElement {
  const sorted = sortedBy(field, search.order ?? "name ASC");
  const other = usual === "ASC" ? "DESC" : "ASC";
  const next = sorted === (usual === "ASC" ? "ascending" : "descending") ? other : usual;
  const order = `${field} ${next}` === "name ASC" ? undefined : `${field} ${next}`;
  return (
    <Link from="/" to="/" search={(now) => withOrder(now, order)} replace className={classes.order}>
      {word}
      {sorted !== "none" && <Icon name={sorted === "ascending" ? "arrowUp" : "arrowDown"} size={11} />}
    </Link>
  );
}

function withOrder(search: ModelsSearch, order: string | undefined): ModelsSearch {
  return compact({ ...search, order });
}

function sortedBy(field: string, order: string): "ascending" | "descending" | "none" {
  const [by, direction = "ASC"] = order.split(" ");
  if (by !== field) return "none";
  return direction.toUpperCase() === "DESC" ? "descending" : "ascending";
}
