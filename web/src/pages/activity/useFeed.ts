import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { eventsQuery } from "../../api/queries";
import type { Event } from "../../api/types";
import { Feed, FULL, type FeedState } from "./feed";

const ASK_AGAIN = 3_000;

interface Followed extends FeedState {
  older: () => Promise<readonly Event[]>;
  retry: () => void;
}

/** The feed, followed for as long as somebody looks and it is not paused. */
export function useFeed(paused: boolean): Followed {
  const queries = useQueryClient();
  const [feed] = useState(() => new Feed((place) => queries.query({ ...eventsQuery(place, FULL), staleTime: 0, gcTime: 0 })));
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
