import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { versionQuery } from "../../api/queries";
import { StageBadge, StateBadge } from "../../parts/Badges";
import { Page } from "../../parts/Page";

const route = getRouteApi("/models/$name/versions/$number");

/** One version: whether it can be trusted, what is in it, where it came from, where it stands. */
export function VersionPage(): ReactElement {
  const { data: version } = useSuspenseQuery(versionQuery(route.useParams()));
  return (
    <Page title={`${version.name}/${version.version}`}>
      <p>
        <StateBadge state={version.state} /> <StageBadge stage={version.stage} />
      </p>
    </Page>
  );
}
