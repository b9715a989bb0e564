import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode, type RefObject } from "react";
import { overlap, paced, type Stretch } from "./pace";
import classes from "./VirtualTable.module.css";

const ROW = 36;
/** How many rows before the end more are asked for: who scrolls fast should not meet it. */
const AHEAD = 60;
/** Rows on each side of those in sight that are drawn as well. */
const AROUND = 12;
/** Rows that are drawn anew in one frame, so that none takes long. */
const AT_ONCE = 8;

export interface Column<T> {
  key: string;
  header: ReactNode;
  /** As in grid-template-columns: "120px", "minmax(160px, 2fr)". */
  width: string;
  align?: "start" | "end";
  sorted?: "ascending" | "descending" | "none";
  cell: (row: T) => ReactNode;
}

interface VirtualTableProps<T> {
  /** What the table is of. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** How many rows there are in all, where that is known. */
  total?: number;
  /** Called when the end comes into sight, to bring more; again after each change of `rows`. */
  onEnd?: () => void;
  /** Said below the last row: that more is coming, or that this is all. */
  foot?: ReactNode;
  /** CSS, as "60dvh": how high it may get before it scrolls. */
  maxHeight?: string;
  rowHeight?: number;
  selected?: (row: T) => boolean;
}

/**
 * A table that draws only the rows in sight, so that ten thousand of them scroll as ten do.
 *
 * The arrow keys, Home, End and Page Up and Down go from row to row; Enter follows the row's first link. Wide tables scroll sideways within,
 * with the header and the first column staying.
 */
export function VirtualTable<T>(props: VirtualTableProps<T>): ReactElement {
  const { label, columns, rows, rowKey, total, onEnd, foot, maxHeight = "70dvh", rowHeight = ROW, selected } = props;
  const scroller = useRef<HTMLDivElement>(null);
  // The library's answers change although its object does not, which the compiler's rules cannot see.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: AROUND,
    useFlushSync: false,
    scrollPaddingStart: rowHeight,
    initialRect: { width: 1000, height: 720 },
  });
  const { active, onKeyDown, onFocus } = useRoving(rows.length, scroller, (row) => virtual.scrollToIndex(row));
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const drawn = usePaced({ from: items[0]?.index ?? 0, to: last + 1 });
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - AHEAD) onEnd?.();
  }, [last, rows.length, onEnd]);
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  return (
    <div ref={scroller} className={classes.scroller} style={{ maxHeight }}>
      <div role="table" aria-label={label} aria-rowcount={total ?? rows.length + 1} className={classes.table}>
        <div role="rowgroup" className={classes.head}>
          <Header columns={columns} template={template} />
        </div>
        {/* The keys are of the rows within, which have the focus. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
          {rows.slice(drawn.from, drawn.to).map((row, place) => {
            const index = drawn.from + place;
            return (
              <Row
                key={rowKey(row)}
                {...{ row, columns, onFocus, index }}
                template={template.gridTemplateColumns}
                height={rowHeight}
                active={index === active}
                selected={selected?.(row) === true}
              />
            );
          })}
        </div>
      </div>
      {foot !== undefined && <div className={classes.foot}>{foot}</div>}
    </div>
  );
}

function Header<T>({ columns, template }: { columns: readonly Column<T>[]; template: object }): ReactElement {
  return (
    <div role="row" aria-rowindex={1} className={classes.row} style={template}>
      {columns.map(({ key, header, align, sorted }) => (
        <div key={key} role="columnheader" className={classes.cell} data-align={align} {...(sorted ? { "aria-sort": sorted } : {})}>
          {header}
        </div>
      ))}
    </div>
  );
}

interface RowProps<T> {
  row: T;
  columns: readonly Column<T>[];
  template: string;
  index: number;
  height: number;
  active: boolean;
  selected: boolean;
  onFocus: (index: number) => void;
}

/** Drawn again only when something of it changed: scrolling moves the others. */
const Row = memo(function Row<T>(props: RowProps<T>): ReactElement {
  const { row, columns, template, index, height, active, selected, onFocus } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-row={index}
      data-selected={selected || undefined}
      tabIndex={active ? 0 : -1}
      onFocus={() => onFocus(index)}
      className={classes.row}
      style={{ gridTemplateColumns: template, height, top: index * height }}
    >
      <Cells columns={columns} row={row} />
    </div>
  );
}) as <T>(props: RowProps<T>) => ReactElement;

function Cells<T>({ columns, row }: { columns: readonly Column<T>[]; row: T }): ReactElement[] {
  return columns.map(({ key, align, cell }) => (
    <div key={key} role="cell" className={classes.cell} data-align={align}>
      {cell(row)}
    </div>
  ));
}

/** What is drawn of the rows that should be: a frame brings a few of them, those in the middle first. */
function usePaced(wanted: Stretch): Stretch {
  const [drawn, setDrawn] = useState(wanted);
  const around = Math.min(AROUND, Math.floor((wanted.to - wanted.from) / 2));
  const { from, to } = paced(drawn, wanted, { from: wanted.from + around, to: wanted.to - around }, AT_ONCE);
  const whole = from === drawn.from && to === drawn.to;
  useEffect(() => {
    if (whole) return undefined;
    const frame = requestAnimationFrame(() => setDrawn({ from, to }));
    return () => cancelAnimationFrame(frame);
  }, [from, to, whole]);
  return overlap(drawn, wanted);
}

/** One row can be tabbed to; arrows move which. Focus follows once the row is drawn. */
function useRoving(count: number, scroller: RefObject<HTMLDivElement | null>, show: (row: number) => void) {
  const [active, setActive] = useState(0);
  const awaited = useRef<number>(undefined);
  const go = (row: number): void => {
    setActive(row);
    show(row);
    awaited.current = row;
  };
  useEffect(() => {
    if (awaited.current === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${awaited.current}"]`);
    if (!row) return;
    awaited.current = undefined;
    row.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.role === "row") {
      event.target.querySelector<HTMLElement>("a[href], button")?.click();
      return;
    }
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -count, End: count };
    const step = steps[event.key];
    if (step === undefined || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    go(Math.min(Math.max(active + step, 0), count - 1));
  };
  return { active: Math.min(active, Math.max(count - 1, 0)), onKeyDown, onFocus: setActive };
}
