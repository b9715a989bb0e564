/** The page's state in its address, and how it is changed. */
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { compact } from "../../address";
import type { CompareSearch } from "./search";

const route = getRouteApi("/compare");

type Changes = { [K in keyof CompareSearch]: CompareSearch[K] | undefined };

export function useCompareSearch() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (parts: Changes): void => void navigate({ search: (now) => changed(now, parts), replace: true, resetScroll: false }),
    [navigate],
  );
  return { search, change };
}

function changed(now: CompareSearch, parts: Changes): CompareSearch {
  return compact({ ...now, ...parts });
}
