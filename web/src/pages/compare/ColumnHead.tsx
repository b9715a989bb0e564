import { ActionIcon, Menu } from "@mantine/core";
import type { ReactElement } from "react";
import type { Comparison } from "../../api/types";
import { AliasBadge, StageBadge, StateBadge } from "../../parts/Badges";
import { Icon } from "../../parts/icons";
import { VersionLink } from "../../parts/Links";
import { first, moved, removed } from "./columns";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./CompareTable.module.css";

interface ColumnHeadProps {
  version: Comparison["versions"][number];
  place: number;
  refs: readonly string[];
}

/** A version at the top of its column, and what can be done with the column. */
export function ColumnHead({ version, place, refs }: ColumnHeadProps): ReactElement {
  return (
    <th scope="col" data-baseline={place === 0 || undefined}>
      <div className={classes.head}>
        <VersionLink name={version.name} number={version.version} />
        <ColumnMenu reference={version.reference} place={place} refs={refs} />
      </div>
      <div className={classes.badges}>
        {place === 0 && <small>baseline</small>}
        {version.state === "ready" ? null : <StateBadge state={version.state} />}
        <StageBadge stage={version.stage} />
        {version.aliases.map((alias) => (
          <AliasBadge key={alias} alias={alias} />
        ))}
      </div>
    </th>
  );
}

function ColumnMenu({ reference, place, refs }: { reference: string; place: number; refs: readonly string[] }): ReactElement {
  const { change } = useCompareSearch();
  const last = refs.length - 1;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Column ${reference}`} disabled={refs.length === 0}>
          <span aria-hidden="true">⋯</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={place === 0} onClick={() => change({ refs: first(refs, place) })}>
          Make it the baseline
        </Menu.Item>
        <Menu.Item disabled={place === 0} onClick={() => change({ refs: moved(refs, place, -1) })}>
          Move left
        </Menu.Item>
        <Menu.Item disabled={place === last} onClick={() => change({ refs: moved(refs, place, 1) })}>
          Move right
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="cross" size={12} />} onClick={() => change({ refs: removed(refs, place) })}>
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
