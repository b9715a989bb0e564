import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { modelQuery } from "../../api/queries";
import { Page } from "../../parts/Page";

const route = getRouteApi("/models/$name");

/** One model: its stages over time, its versions, its metrics, what happened to it. */
export function ModelPage(): ReactElement {
  const { name } = route.useParams();
  const { data: model } = useSuspenseQuery(modelQuery(name));
  return (
    <Page title={model.name}>
      <p dir="auto">{model.description}</p>
    </Page>
  );
}
