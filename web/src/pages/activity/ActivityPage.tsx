import type { ReactElement } from "react";
import { Empty } from "../../parts/Notices";
import { Page } from "../../parts/Page";

/** What happens, as it happens. */
export function ActivityPage(): ReactElement {
  return (
    <Page title="Activity">
      <Empty title="Nothing happened yet." />
    </Page>
  );
}
