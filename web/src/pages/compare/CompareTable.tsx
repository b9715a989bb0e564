import { Button, UnstyledButton } from "@mantine/core";
import { Fragment, useState, type ReactElement } from "react";
import type { Comparison } from "../../api/types";
import { Icon } from "../../parts/icons";
import { ColumnHead } from "./ColumnHead";
import type { Cell, Row, RowGroup } from "./rows";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./CompareTable.module.css";

const FIRST_ROWS = 100;
/** After these a long name goes on in the next line. */
const BREAKS = /(?<=[./_:-])/;

interface CompareTableProps {
  comparison: Comparison;
  groups: RowGroup[];
  /** Which versions are shown, by place; the baseline is 0. */
  places: number[];
  /** The references in the address, to move columns by; empty while others come. */
  refs: readonly string[];
}

/** Facts as rows, versions as columns; the header and the first column stay in sight. */
export function CompareTable({ comparison, groups, places, refs }: CompareTableProps): ReactElement {
  return (
    // What scrolls must be reached by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.scroller} role="region" aria-label="Comparison" tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col" className={classes.corner}>
              Fact
            </th>
            {places.map((place) => {
              const version = comparison.versions[place];
              return version === undefined ? null : <ColumnHead key={version.reference} version={version} place={place} refs={refs} />;
            })}
          </tr>
        </thead>
        {groups.map((group) => (
          <GroupRows key={group.key} group={group} places={places} />
        ))}
      </table>
    </div>
  );
}

function GroupRows({ group, places }: { group: RowGroup; places: number[] }): ReactElement {
  const { search, change } = useCompareSearch();
  const [all, setAll] = useState(false);
  const folds = search.fold ?? [];
  const open = !folds.includes(group.key);
  const fold = (): void => change({ fold: open ? [...folds, group.key] : folds.filter((key) => key !== group.key) });
  const shown = all ? group.rows : group.rows.slice(0, FIRST_ROWS);
  return (
    <tbody data-group={group.key}>
      <tr className={classes.group}>
        <th scope="rowgroup" colSpan={places.length + 1}>
          <UnstyledButton aria-expanded={open} onClick={fold} className={classes.fold}>
            <Icon name="chevron" size={12} /> {group.title} <span className="dim">{group.rows.length}</span>
          </UnstyledButton>
        </th>
      </tr>
      {open && shown.map((row) => <FactRow key={row.key} row={row} places={places} />)}
      {open && shown.length < group.rows.length && (
        <tr>
          <td colSpan={places.length + 1}>
            <Button size="compact-xs" variant="default" onClick={() => setAll(true)}>
              Show all {group.rows.length}
            </Button>
          </td>
        </tr>
      )}
    </tbody>
  );
}

function FactRow({ row, places }: { row: Row; places: number[] }): ReactElement {
  return (
    <tr data-same={row.same || undefined}>
      <th scope="row" className={classes.name}>
        <bdi title={row.name}>
          {row.name.split(BREAKS).map((part, place) => (
            <Fragment key={place}>
              {part}
              <wbr />
            </Fragment>
          ))}
        </bdi>
        {row.note !== "" && <small className="dim">{row.note}</small>}
      </th>
      {places.map((place) => {
        const cell = row.cells[place];
        return cell === undefined ? <td key={place} /> : <ValueCell key={place} cell={cell} />;
      })}
    </tr>
  );
}

function ValueCell({ cell }: { cell: Cell }): ReactElement {
  return (
    <td data-differs={cell.differs || undefined} data-best={cell.best || undefined}>
      <span className={classes.value}>
        <bdi className={cell.missing ? "dim" : ""} title={cell.whole}>
          {cell.text}
        </bdi>
        {cell.best && (
          <span className={classes.best}>
            <Icon name="check" size={12} /> best
          </span>
        )}
        {cell.delta !== "" && (
          <span className={classes.delta} data-tone={cell.tone} title={cell.tone === "plain" ? "against the baseline" : `${cell.tone} than the baseline`}>
            {cell.delta}
            {cell.tone !== "plain" && <span className="sr-only"> {cell.tone}</span>}
          </span>
        )}
      </span>
    </td>
  );
}
