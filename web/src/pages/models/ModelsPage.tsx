import type { ReactElement } from "react";
import { Page } from "../../parts/Page";

/** All models: what there is, who owns it, what is in production. */
export function ModelsPage(): ReactElement {
  return <Page title="Models">…</Page>;
}
