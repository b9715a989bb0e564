import { Button, MultiSelect, Switch, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { Unreachable } from "../../api/problems";
import type { Event } from "../../api/types";
import { command } from "../../parts/commands";
import { Entries } from "../../parts/Entries";
import { actorName, tell } from "../../parts/events";
import { passes, type Wanted } from "../../parts/feeding";
import { count } from "../../parts/format";
import { LoadingRows } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Page } from "../../parts/Page";
import { useRegistryUrl } from "../../parts/useRegistryUrl";
import classes from "./ActivityPage.module.css";
import type { FeedState } from "./feed";
import type { ActivitySearch } from "./search";
import { TYPES } from "./types";
import { useFeed } from "./useFeed";

const route = getRouteApi("/activity");
const SHOWN = 50;
const MORE = 100;
/** Pages of the feed that one request for older events may look through for some that pass the filter. */
const PATIENCE = 10;

/** What happens in the registry, as it happens. */
export function ActivityPage(): ReactElement {
  const search = route.useSearch();
  const [paused, setPaused] = useState(false);
  const feed = useFeed(paused);
  const wanted: Wanted = { ...(search.model === undefined ? {} : { model: search.model }), ...(search.type === undefined ? {} : { types: search.type }) };
  const events = feed.events.filter((event) => passes(event, wanted));
  return (
    <Page
      title="Activity"
      about={<Reach feed={feed} paused={paused} />}
      actions={<Switch label="Pause" checked={paused} onChange={(event) => setPaused(event.currentTarget.checked)} />}
    >
      <Filters search={search} />
      <Announced events={events.filter((event) => feed.fresh.has(event.id))} />
      {/* Where there is something on screen, the shell says that nobody answers. */}
      {feed.error !== null && !(feed.error instanceof Unreachable && feed.live) && <ProblemNotice error={feed.error} retry={feed.retry} what="What is new cannot be shown" />}
      {feed.events.length === 0 && !feed.live && feed.error === null && <LoadingRows rows={10} label="Loading the feed" />}
      {feed.live && events.length === 0 && <Nothing filtered={feed.events.length > 0} />}
      <Listed {...{ feed, events, wanted }} />
    </Page>
  );
}

function Reach({ feed, paused }: { feed: FeedState; paused: boolean }): ReactElement {
  if (paused) return <>Paused: what happens meanwhile is shown when you go on.</>;
  if (feed.live) return <>What happens in the registry, newest first. New events appear by themselves.</>;
  return <>The newest events are on their way …</>;
}

interface ListedProps {
  feed: ReturnType<typeof useFeed>;
  events: readonly Event[];
  wanted: Wanted;
}

function Listed({ feed, events, wanted }: ListedProps): ReactElement {
  const [shown, setShown] = useState(SHOWN);
  const [busy, setBusy] = useState(false);
  const more = async (): Promise<void> => {
    setShown(shown + MORE);
    if (shown + MORE <= events.length) return;
    setBusy(true);
    let missing = shown + MORE - events.length;
    for (let round = 0; round < PATIENCE && missing > 0; round += 1) {
      const came = await feed.older();
      if (came.length === 0) break;
      missing -= came.filter((event) => passes(event, wanted)).length;
    }
    setBusy(false);
  };
  const left = shown < events.length || feed.hasOlder;
  const filtered = wanted.model !== undefined || wanted.types !== undefined;
  return (
    <>
      <Entries label="Events, newest first" entries={events.slice(0, shown)} idOf={({ id }) => `event-${id}`} fresh={({ id }) => feed.fresh.has(id)} />
      {left && (
        <p className={classes.foot}>
          <Button size="xs" variant="default" loading={busy} onClick={() => void more()}>
            Older events
          </Button>
          {filtered && <span className="dim">Looked through {count(feed.events.length)} events so far.</span>}
        </p>
      )}
    </>
  );
}

/** Says in a few words what came, for who cannot see it appear. */
function Announced({ events }: { events: readonly Event[] }): ReactElement {
  const [newest] = events;
  return (
    <p className="sr-only" role="status" aria-live="polite">
      {newest === undefined ? "" : `${actorName(newest.actor)} ${tell(newest).verb} ${subject(newest)} ${tell(newest).rest}`}
    </p>
  );
}

const subject = ({ model, version }: Event): string => (version === null ? model.name : `${model.name}/${version}`);

function Nothing({ filtered }: { filtered: boolean }): ReactElement {
  const url = useRegistryUrl();
  if (filtered) return <Empty title="No event that is read so far passes the filter." />;
  return (
    <Empty title="Nothing happened yet." command={command(url, "push", "churn", "model.joblib")}>
      <p className="dim">Push a first model, and its story begins here.</p>
    </Empty>
  );
}

function Filters({ search }: { search: ActivitySearch }): ReactElement {
  const navigate = route.useNavigate();
  const change = (part: { model?: string | undefined; type?: string[] }): void => {
    void navigate({ search: (before) => ({ ...before, ...part }) as ActivitySearch, replace: true, resetScroll: false });
  };
  const [typed, setTyped] = useState(search.model ?? "");
  const [told, setTold] = useState(search.model);
  // Another address was gone to: its filter is the one, not what was typed before.
  if (told !== search.model) {
    setTold(search.model);
    setTyped(search.model ?? "");
  }
  const tellModel = useDebouncedCallback((typed: string) => {
    const model = typed === "" ? undefined : typed;
    setTold(model);
    change({ model });
  }, 250);
  return (
    <div className={classes.filters} role="group" aria-label="Which events">
      <TextInput
        size="xs"
        label="Model"
        placeholder="Part of its name"
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          tellModel(event.currentTarget.value);
        }}
      />
      <MultiSelect size="xs" label="Types" placeholder={search.type === undefined ? "All" : ""} data={TYPES} value={search.type ?? []} onChange={(type) => change({ type })} searchable className={classes.types ?? ""} />
    </div>
  );
}
