import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Empty } from "../../parts/Notices";
import { Page } from "../../parts/Page";

const route = getRouteApi("/compare");

/** Two to twenty versions beside one another. */
export function ComparePage(): ReactElement {
  const { refs = [] } = route.useSearch();
  return (
    <Page title="Compare">
      <Empty title={refs.length === 0 ? "No versions are chosen yet." : refs.join(", ")} />
    </Page>
  );
}
