import { Button } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, type QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, type ReactNode } from "react";
import { flatten, type ListQuery } from "../api/queries";
import { counted } from "./format";

export interface List<T> {
  items: T[];
  /** Brings the next page, if there is one and it is not on its way: for a table's `onEnd`. */
  more: () => void;
  /** What to say below the last row: how many there are, that more are coming, or that they do not. */
  foot: (one: string, many?: string) => ReactNode;
  error: Error | null;
  retry: () => void;
  /** Nothing came yet. */
  loading: boolean;
  /** What is shown is of the search before; this one's answer is on its way. */
  stale: boolean;
  /** All pages are here. */
  whole: boolean;
}

/** A list that comes page by page. Pages that hold nothing are gone past, since more may follow them. */
export function useList<T, K extends QueryKey>(options: ListQuery<T, K>): List<T> {
  const found = useInfiniteQuery({ ...options, placeholderData: keepPreviousData });
  const { data, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, refetch } = found;
  const items = useMemo(() => flatten(data), [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  useEffect(() => {
    if (items.length === 0) more();
  }, [items.length, more]);
  const foot = (one: string, many?: string): ReactNode => {
    if (isFetchNextPageError) return <Stuck again={() => void fetchNextPage()} />;
    return hasNextPage ? `${counted(items.length, one, many)} so far; more are coming …` : counted(items.length, one, many);
  };
  return {
    items,
    more,
    foot,
    error: isFetchNextPageError ? null : found.error,
    retry: () => void refetch(),
    loading: found.isPending || (items.length === 0 && hasNextPage && !isFetchNextPageError),
    stale: found.isPlaceholderData,
    whole: data !== undefined && !hasNextPage,
  };
}

function Stuck({ again }: { again: () => void }): ReactNode {
  return (
    <span role="alert">
      The rest did not come.{" "}
      <Button size="compact-xs" variant="default" onClick={again}>
        Try again
      </Button>
    </span>
  );
}
