/**
 * A model's journal, as far as the page needs it: its newest entries, older ones on demand.
 *
 * What stands somewhere now may have been moved there long before those; so the entries of these versions are brought as well.
 */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { flatten, journalQuery, latelyQuery, newestQuery } from "../../api/queries";
import type { Event, Model } from "../../api/types";
import { inOrder } from "../../parts/feeding";

/** How many entries are read at once. */
export const PAGE = 500;
/** Of so many versions in one stage the own entries are read. */
const STANDING = 12;

export interface Journal {
  /** Oldest first, each once. */
  entries: Event[];
  /** The moment before which entries are not read yet; null when all are here. */
  since: string | null;
  pending: boolean;
  error: Error | null;
  retry: () => void;
  /** Brings older entries; undefined when there are none. */
  older: (() => void) | undefined;
}

export function useJournal(model: Model): Journal {
  const read = useInfiniteQuery({ ...journalQuery(model.name, PAGE), staleTime: Number.POSITIVE_INFINITY, structuralSharing: false });
  const { data, hasNextPage, isPending, isFetchingNextPage, fetchNextPage, refetch } = read;
  const newer = useNewer(model, data?.pages[0]?.items[0]?.sequence);
  const standing = useStanding(model, hasNextPage);
  const entries = useMemo(() => inOrder([...flatten(data), ...newer, ...standing]), [data, newer, standing]);
  return {
    entries,
    since: hasNextPage ? (data?.pages.at(-1)?.items.at(-1)?.time ?? null) : null,
    pending: isPending || isFetchingNextPage,
    error: read.error,
    retry: () => void (data === undefined ? refetch() : fetchNextPage()),
    older: hasNextPage ? () => void fetchNextPage() : undefined,
  };
}

/** What was added since the journal was read. After very much, it is read anew. */
function useNewer(model: Model, known: number | undefined): readonly Event[] {
  const queries = useQueryClient();
  const behind = known === undefined ? 0 : Math.max(model.sequence - known, 0);
  const far = behind > PAGE;
  useEffect(() => {
    if (far) void queries.resetQueries({ queryKey: journalQuery(model.name, PAGE).queryKey, exact: true });
  }, [far, queries, model.name]);
  const asked = { ...newestQuery(model.name, model.sequence, Math.min(behind, PAGE)), enabled: behind > 0 && !far };
  return useQuery({ ...asked, placeholderData: keepPreviousData }).data ?? NOTHING;
}

/** The entries of what stands somewhere now, where the journal is not here as a whole. */
function useStanding(model: Model, wanted: boolean): readonly Event[] {
  const numbers = useMemo(() => (wanted ? standingIn(model) : []), [wanted, model]);
  return useQueries({ queries: numbers.map((number) => latelyQuery(model.name, number)), combine: together });
}

function standingIn(model: Model): number[] {
  const staged = Object.values(model.stages).flatMap((there) => there.slice(-STANDING));
  return [...new Set([...staged, ...Object.values(model.aliases)])];
}

const NOTHING: readonly Event[] = [];

function together(results: readonly { data: Event[] | undefined }[]): readonly Event[] {
  return results.flatMap(({ data }) => data ?? []);
}
