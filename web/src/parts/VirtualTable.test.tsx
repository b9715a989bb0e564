import { cleanup, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { show } from "../testing/render";
import { VirtualTable, type Column } from "./VirtualTable";

interface Row {
  name: string;
}

const COLUMNS: Column<Row>[] = [
  { key: "name", header: "Name", width: "1fr", sorted: "ascending", cell: (row) => <a href={`#${row.name}`}>{row.name}</a> },
  { key: "length", header: "Length", width: "80px", align: "end", cell: (row) => row.name.length },
];

const rows = (count: number): Row[] => Array.from({ length: count }, (_, index) => ({ name: `row ${index}` }));

function table(count: number, onEnd?: () => void) {
  show(
    <VirtualTable
      label="Rows" columns={COLUMNS} rows={rows(count)} rowKey={(row) => row.name} {...(onEnd === undefined ? {} : { onEnd })}
    />,
  );
  return screen.getByRole("table", { name: "Rows" });
}

test("of ten thousand rows only those in sight are drawn, and all are counted", () => {
  const found = table(10_000);
  const drawn = within(found).getAllByRole("row").length;
  expect(drawn).toBeGreaterThan(20);
  expect(drawn).toBeLessThan(80);
  expect(found.getAttribute("aria-rowcount")).toBe("10001");
});

test("the header says by what it is sorted", () => {
  table(3);
  expect(screen.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort")).toBe("ascending");
});

test("one row can be tabbed to, arrows move on, Enter opens", async () => {
  const user = userEvent.setup();
  table(5);
  await user.tab();
  expect(document.activeElement?.textContent).toContain("row 0");
  await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}");
  await vi.waitFor(() => expect(document.activeElement?.textContent).toContain("row 1"));
  const opened = vi.fn();
  screen.getByRole("link", { name: "row 1" }).addEventListener("click", opened);
  await user.keyboard("{Enter}");
  expect(opened).toHaveBeenCalledOnce();
});

test("more is asked for when the end is in sight, and not before", () => {
  const onEnd = vi.fn();
  table(5, onEnd);
  expect(onEnd).toHaveBeenCalledOnce();
  cleanup();
  const far = vi.fn();
  table(1000, far);
  expect(far).not.toHaveBeenCalled();
});
