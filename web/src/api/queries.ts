/**
 * What can be asked of the registry, as options for useQuery and useInfiniteQuery.
 *
 * Keys begin with what a thing is and whose it is, so that ["model", name] marks everything of one model as stale.
 */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "./client";
import type { PageOf } from "./types";

const PAGE = 100;

interface VersionPath {
  name: string;
  number: number;
}

interface Search {
  filter?: string;
  order?: string;
}

/** A list that is read page by page; `flatten` makes one of what came so far. */
function listed<T, K extends readonly unknown[]>(
  queryKey: K,
  fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: PageOf<T>) => last.next,
  });
}

/** A question for a list, as useList takes it. */
export type ListQuery<T, K extends readonly unknown[]> = ReturnType<typeof listed<T, K>>;

/** The items of all pages that came so far. */
export function flatten<T>(data: { pages: PageOf<T>[] } | undefined): T[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

export const modelsQuery = (search: Search) =>
  listed(["models", search], (cursor, signal) =>
    ask(api.GET("/v1/search/models", { params: { query: { ...search, ...at(cursor), limit: PAGE } }, signal })),
  );

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: ["model", name],
    queryFn: ({ signal }) => ask(api.GET("/v1/models/{name}", { params: { path: { name } }, signal })),
  });

export const versionsQuery = (name: string, stage?: string, limit = PAGE) =>
  listed(["model", name, "versions", stage, limit], (cursor, signal) => {
    const query = { limit, ...at(cursor), ...(stage === undefined ? {} : { stage }) };
    return ask(api.GET("/v1/models/{name}/versions", { params: { path: { name }, query }, signal }));
  });

/** A version's part of its model's journal, newest first. */
export const historyQuery = (name: string, version: number) =>
  listed(["model", name, "history", version], (cursor, signal) =>
    ask(api.GET("/v1/models/{name}/history", { params: { path: { name }, query: { version, newest: true, limit: 1000, ...at(cursor) } }, signal })),
  );

/** A model's journal, newest first. */
export const journalQuery = (name: string, limit: number) =>
  listed(["model", name, "journal"], (cursor, signal) =>
    ask(api.GET("/v1/models/{name}/history", { params: { path: { name }, query: { newest: true, limit, ...at(cursor) } }, signal })),
  );

/** So many of a journal's newest entries, asked for again for each length that the journal has. */
export const newestQuery = (name: string, sequence: number, limit: number) =>
  queryOptions({
    queryKey: ["model", name, "journal", "newest", sequence, limit],
    queryFn: async ({ signal }) => {
      const query = { newest: true, limit };
      return (await ask(api.GET("/v1/models/{name}/history", { params: { path: { name }, query }, signal }))).items;
    },
  });

/** The newest entries of a version. */
export const latelyQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ["model", name, "history", version, "lately"],
    queryFn: async ({ signal }) => {
      const query = { version, newest: true, limit: 100 };
      return (await ask(api.GET("/v1/models/{name}/history", { params: { path: { name }, query }, signal }))).items;
    },
  });

export const versionQuery = (path: VersionPath) =>
  queryOptions({
    queryKey: ["model", path.name, path.number],
    queryFn: ({ signal }) => ask(api.GET("/v1/models/{name}/versions/{number}", { params: { path }, signal })),
  });

export const filesQuery = (path: VersionPath) =>
  listed(["model", path.name, path.number, "files"], (cursor, signal) =>
    ask(api.GET("/v1/models/{name}/versions/{number}/files", { params: { path, query: at(cursor) }, signal })),
  );

export const findingsQuery = (path: VersionPath) =>
  listed(["model", path.name, path.number, "findings"], (cursor, signal) =>
    ask(api.GET("/v1/models/{name}/versions/{number}/findings", { params: { path, query: at(cursor) }, signal })),
  );

export const evaluationsQuery = (path: VersionPath) =>
  listed(["model", path.name, path.number, "evaluations"], (cursor, signal) =>
    ask(api.GET("/v1/models/{name}/versions/{number}/evaluations", { params: { path, query: at(cursor) }, signal })),
  );

/** Signatures and provenance; asked again while one is being checked. */
export const attestationsQuery = (path: VersionPath) =>
  queryOptions({
    queryKey: ["model", path.name, path.number, "attestations"],
    queryFn: ({ signal }) => ask(api.GET("/v1/models/{name}/versions/{number}/attestations", { params: { path }, signal })),
    refetchInterval: ({ state }) => (state.data?.items.some(({ verdict }) => verdict === "pending") === true ? 2000 : false),
  });

export const attachmentsQuery = (path: VersionPath, evaluation: number) =>
  queryOptions({
    queryKey: ["model", path.name, path.number, "evaluations", evaluation, "attachments"],
    queryFn: ({ signal }) =>
      ask(
        api.GET("/v1/models/{name}/versions/{number}/evaluations/{evaluation}/attachments", {
          params: { path: { ...path, evaluation } },
          signal,
        }),
      ),
  });

export const lineageQuery = (path: VersionPath, reach: { depth?: number; limit?: number } = {}) =>
  queryOptions({
    queryKey: ["model", path.name, path.number, "lineage", reach],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/models/{name}/versions/{number}/lineage", { params: { path, query: reach }, signal })),
  });

/** The card as Markdown: with generated facts around it, or its source alone. Empty when there is none. */
export const cardQuery = (path: VersionPath, format: "markdown" | "source") =>
  queryOptions({
    queryKey: ["model", path.name, path.number, "card", format],
    queryFn: ({ signal }) =>
      ask<unknown>(
        api.GET("/v1/models/{name}/versions/{number}/card", {
          params: { path, query: { format } },
          parseAs: "text",
          signal,
        }),
      ).then(String),
  });

export const comparisonQuery = (refs: readonly string[]) =>
  queryOptions({
    queryKey: ["comparison", refs],
    queryFn: ({ signal }) => ask(api.GET("/v1/compare", { params: { query: { ref: [...refs] } }, signal })),
  });

/** A page of the feed: newer events after a cursor, or older ones before one or before "end". */
export const eventsQuery = (place: { after: string } | { before: string }, limit: number) =>
  queryOptions({
    queryKey: ["events", place, limit],
    queryFn: ({ signal }) => ask(api.GET("/v1/events", { params: { query: { limit, ...place } }, signal })),
  });

function at(cursor: string | undefined): { cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}
