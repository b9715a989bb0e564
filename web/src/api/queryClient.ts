/** How answers are kept: fresh for some seconds, asked for again when somebody looks, tried again where that helps. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem, Unreachable } from "./problems";
import { wantToken } from "./session";

const FRESH = 5_000;
const TRIES = 2;
const LONGEST_WAIT = 10_000;

export function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: noticeStranger }),
    mutationCache: new MutationCache({ onError: noticeStranger }),
    defaultOptions: {
      // A registry on this machine answers without any network, so what the browser thinks of that does not count.
      queries: { staleTime: FRESH, retry: again, retryDelay: patience, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function again(failures: number, error: Error): boolean {
  const passes = error instanceof Problem ? error.passes : error instanceof Unreachable;
  return passes && failures < TRIES;
}

function patience(failures: number, error: Error): number {
  const asked = error instanceof Problem ? error.after : null;
  return Math.min(asked === null ? 300 * 2 ** failures : asked * 1000, LONGEST_WAIT);
}

function noticeStranger(error: Error): void {
  if (error instanceof Problem && error.status === 401) wantToken();
}
