import { SegmentedControl } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement, ReactNode } from "react";
import { cardQuery, evaluationsQuery, flatten, historyQuery } from "../../api/queries";
import { settingsQuery } from "../../api/settings";
import type { Version } from "../../api/types";
import { command } from "../../parts/commands";
import { LoadingBlock } from "../../parts/Loading";
import { Markdown } from "../../parts/Markdown";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { MetricValue, Tags, UserText } from "../../parts/Words";
import { factRows, withoutFrontMatter } from "./facts";
import { dataOf, directionsOf } from "./measured";
import { without } from "./search";
import classes from "./version.module.css";

const route = getRouteApi("/models/$name/versions/$number");

/** What a version is: its card, and beside it what is known of it in short. */
export function Overview({ version }: { version: Version }): ReactElement {
  const tags = version.tags;
  return (
    <div className={classes.columns}>
      <div className={classes.stack}>
        {version.description !== "" && (
          <Section id="description" title="Description">
            <Markdown text={version.description} />
          </Section>
        )}
        <Card version={version} />
        <Pairs id="facts" title="What the files say" rows={factRows(version.facts).map(({ name, value }) => [name, value])} empty="Nothing was read from the files." />
      </div>
      <div className={classes.stack}>
        {Object.keys(tags).length > 0 && (
          <Section id="tags" title="Tags">
            <Tags tags={tags} />
          </Section>
        )}
        <Metrics version={version} />
        <Pairs id="parameters" title="Parameters" rows={Object.entries(version.params)} empty="No parameters were recorded." />
        <Environment version={version} />
      </div>
    </div>
  );
}

function Card({ version }: { version: Version }): ReactElement {
  const { card = "own" } = route.useSearch();
  const navigate = route.useNavigate();
  const own = card === "own";
  const missing = own && version.card_digest === "";
  const choose = (to: string): void =>
    void navigate({ search: (now) => (to === "whole" ? { ...now, card: "whole" as const } : without(now, "card")), replace: true, resetScroll: false });
  const actions = (
    <SegmentedControl size="xs" aria-label="What the card shows" value={card} onChange={choose} data={[{ value: "own", label: "As written" }, { value: "whole", label: "With all facts" }]} />
  );
  return (
    <Section id="card" title="Card" actions={actions}>
      {missing ? <NoCard version={version} /> : <CardText version={version} format={own ? "source" : "markdown"} />}
    </Section>
  );
}

function CardText({ version, format }: { version: Version; format: "source" | "markdown" }): ReactElement {
  const card = useQuery(cardQuery({ name: version.name, number: version.version }, format));
  if (card.isLoadingError) return <ProblemNotice what="The card cannot be shown" error={card.error} retry={() => void card.refetch()} />;
  if (card.data === undefined) return <LoadingBlock height={160} label="Loading the card" />;
  return (
    <div className={classes.paper}>
      <Markdown text={withoutFrontMatter(card.data)} />
    </div>
  );
}

function NoCard({ version }: { version: Version }): ReactElement {
  const { data: settings } = useQuery(settingsQuery);
  const reference = `${version.name}/${version.version}`;
  return (
    <Empty title="Nobody wrote a card yet." command={command(settings?.url ?? globalThis.location.origin, "card", reference, "--set", "README.md")}>
      <p className="dim">What it is for, what it is not for, and where it fails:</p>
    </Empty>
  );
}

function Metrics({ version }: { version: Version }): ReactElement {
  const reports = useInfiniteQuery(evaluationsQuery({ name: version.name, number: version.version }));
  const history = useInfiniteQuery(historyQuery(version.name, version.version));
  const directions = directionsOf(flatten(reports.data), flatten(history.data));
  const rows = Object.entries(version.metrics).map(([name, value]): [string, ReactNode] => {
    const direction = directions.get(name);
    const told = [direction === undefined ? "" : `${direction} is better`, dataOf(version.measured[name])].filter((words) => words !== "");
    return [
      name,
      <span key={name}>
        <MetricValue value={value} unit={version.measured[name]?.unit ?? ""} /> <small className="dim"><bdi>{told.join(" · ")}</bdi></small>
      </span>,
    ];
  });
  return <Pairs id="metrics" title="Metrics" rows={rows} empty="No metric was reported." />;
}

function Environment({ version }: { version: Version }): ReactElement | null {
  const made = version.environment;
  const rows: [string, string][] = [
    ["python", made.python],
    ["hardware", made.hardware],
    ["image", made.image_digest],
    ...Object.entries(made.packages),
  ];
  const known = rows.filter(([, value]) => value !== "");
  return <Pairs id="environment" title="Environment" rows={known} empty="Nobody recorded where it was made." />;
}

interface PairsProps {
  id: string;
  title: string;
  rows: [string, ReactNode][];
  empty: string;
}

/** Names and values, a line each. */
function Pairs({ id, title, rows, empty }: PairsProps): ReactElement {
  return (
    <Section id={id} title={title}>
      {rows.length === 0 && <p className="dim">{empty}</p>}
      {rows.length > 0 && (
        <dl className={classes.pairs}>
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>
                <UserText text={name} />
              </dt>
              <dd>{typeof value === "string" ? <bdi>{value}</bdi> : value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}
