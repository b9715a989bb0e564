/**
 * A model's journal, newest first, as far as the page needs it.
 *
 * The registry gives journals oldest first. One of usual length is read whole. Of a long one the parts of those versions
 * are read that stand somewhere, have an alias, were replaced lately, or are new: their journals are short.
 */
import { queryOptions, useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, ask } from "../../api/client";
import { flatten, historyQuery } from "../../api/queries";
import type { Event, Model } from "../../api/types";
import { inOrder } from "../../parts/feeding";

/** Entries up to which a journal is read whole, in pages of a thousand. */
const WHOLE = 3000;
const NEW = 12;
const MORE = 24;

export interface Journal {
  /** Oldest first, each once. */
  entries: Event[];
  /** Whether that is all there is. */
  whole: boolean;
  pending: boolean;
  error: Error | null;
  retry: () => void;
  /** Brings entries of older versions; undefined when there are none. */
  older: (() => void) | undefined;
}

export function useJournal(model: Model): Journal {
  const short = model.sequence <= WHOLE;
  const all = useWhole(model.name, short);
  const parts = useParts(model, !short);
  return short ? all : parts;
}

function useWhole(name: string, enabled: boolean): Journal {
  const query = useInfiniteQuery({ ...historyQuery(name), enabled });
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (enabled && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [enabled, hasNextPage, isFetching, isError, fetchNextPage]);
  const entries = useMemo(() => inOrder(flatten(query.data)), [query.data]);
  const pending = query.isPending || query.hasNextPage;
  return { entries, whole: true, pending, error: query.error, retry: () => void query.refetch(), older: undefined };
}

function useParts(model: Model, enabled: boolean): Journal {
  const [wanted, setWanted] = useState(NEW);
  const rested = useQuery({ ...restedQuery(model.name), enabled });
  const numbers = useMemo(() => (enabled ? wantedVersions(model, rested.data ?? [], wanted) : []), [enabled, model, rested.data, wanted]);
  return useQueries({
    queries: numbers.map((number) => partQuery(model.name, number)),
    combine: (results) => ({
      entries: inOrder(results.flatMap((result) => result.data ?? [])),
      whole: false,
      pending: results.some((result) => result.isPending),
      error: results.find((result) => result.error !== null)?.error ?? null,
      retry: () => results.forEach((result) => void (result.error === null ? undefined : result.refetch())),
      older: wanted < model.versions ? () => setWanted(wanted + MORE) : undefined,
    }),
  });
}

function wantedVersions(model: Model, rested: readonly number[], wanted: number): number[] {
  const standing = Object.values(model.stages).flatMap((there) => there.slice(-NEW));
  const newest = Array.from({ length: Math.min(wanted, model.versions) }, (_, index) => model.versions - index);
  return [...new Set([...standing, ...Object.values(model.aliases), ...rested.slice(0, wanted), ...newest])];
}

/** A version's part of the journal: its first hundred entries. */
function partQuery(name: string, version: number) {
  return queryOptions({
    queryKey: ["model", name, "history", "part", version],
    queryFn: async ({ signal }) => {
      const call = api.GET("/v1/models/{name}/history", { params: { path: { name }, query: { version, limit: 100 } }, signal });
      return (await ask(call)).items;
    },
    staleTime: 60_000,
  });
}

/** The newest of the versions that rest after they stood somewhere. */
function restedQuery(name: string) {
  return queryOptions({
    queryKey: ["model", name, "rested"],
    queryFn: async ({ signal }) => {
      const query = { stage: "archived", limit: 50 };
      const page = await ask(api.GET("/v1/models/{name}/versions", { params: { path: { name }, query }, signal }));
      return page.items.map((version) => version.version);
    },
  });
}
