import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { eventsQuery } from "../../api/queries";
import { Feed, FULL, type FeedState, type Marks } from "./feed";

const KEY = "modelyard.feed";
const ASK_AGAIN = 3_000;

/** The feed, followed for as long as somebody looks and it is not paused. */
export function useFeed(paused: boolean): FeedState & { older: () => Promise<void>; retry: () => void } {
  const queries = useQueryClient();
  const [feed] = useState(() => new Feed((after) => queries.query({ ...eventsQuery(after, FULL), staleTime: 0, gcTime: 0 }), kept));
  const state = useSyncExternalStore(feed.watch, feed.state);
  useEffect(() => {
    if (paused) return undefined;
    const follow = (): void => {
      if (!document.hidden) void feed.follow();
    };
    follow();
    const timer = setInterval(follow, ASK_AGAIN);
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", follow);
    };
  }, [feed, paused]);
  return { ...state, older: () => feed.older(), retry: () => void feed.follow() };
}

const kept: Marks = {
  load: () => {
    try {
      const marks: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(marks) ? marks.filter((mark) => typeof mark === "string") : [];
    } catch {
      return [];
    }
  },
  save: (marks) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(marks));
    } catch {
      // Storage may be forbidden or full: then the next visit begins at the beginning.
    }
  },
};
