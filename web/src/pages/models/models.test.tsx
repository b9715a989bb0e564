import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { model } from "../../testing/made";
import { open, refusal } from "../../testing/render";

const SEARCH = "/v1/search/models";
const page = (items: unknown[], next: string | null = null) => ({ items, next });
const asked = (url: URL) => url.searchParams.get("filter");

function searches(registry: ReturnType<typeof open>["registry"]): (string | null)[] {
  return registry.asked.filter((url) => url.pathname === SEARCH).map(asked);
}

test("each model is told with what stands in production, and links lead there", async () => {
  open("/", { [SEARCH]: page([model({ name: "churn", owner: "growth", stages: { production: [7, 5, 4, 3], staging: [9] } })]) });
  const row = (await screen.findByRole("link", { name: "churn" })).closest("[role=row]");
  expect(row?.textContent).toContain("754and 1 more");
  const seven = screen.getByRole<HTMLAnchorElement>("link", { name: "7" });
  expect(seven.pathname).toBe("/models/churn/versions/7");
  expect(row?.textContent).toContain("growth");
});

test("the address holds the whole search, and it is asked for as it says", async () => {
  const { registry } = open("/?q=churn&stage=production&owner=growth&tag=team%3Dx&tag=gpu&order=updated_at+DESC", { [SEARCH]: page([]) });
  expect(await screen.findByText("No model is like that.")).toBeTruthy();
  expect(searches(registry)).toEqual([
    "(name ILIKE '%churn%') AND stage = 'production' AND owner = 'growth' AND tags.`team` = 'x' AND tags.`gpu` LIKE '%'",
  ]);
  expect(registry.asked[0]?.searchParams.get("order") ?? registry.asked.at(-1)?.searchParams.get("order")).toBe("updated_at DESC");
  expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Search the models" }).value).toBe("churn");
});

test("what is typed is in the address once typing pauses", async () => {
  const { router, registry } = open("/", { [SEARCH]: page([model()]) });
  await userEvent.type(await screen.findByRole("textbox", { name: "Search the models" }), "fraud");
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "fraud" }));
  await waitFor(() => expect(searches(registry)).toContain("name ILIKE '%fraud%'"));
  expect(searches(registry).length).toBeLessThan(5);
});

test("a fault is told under the column it points at, of the typed text alone", async () => {
  const facts = { line: 1, column: 9, expected: [] };
  open("/?q=owner+%3D+growth&stage=production", { [SEARCH]: refusal(422, "Invalid", "column 9: expected a quoted text", facts) });
  expect(await screen.findByText("column 9: expected a quoted text")).toBeTruthy();
  const mark = document.querySelector("pre");
  expect(mark?.textContent).toBe("owner = ^");
  expect(screen.getByRole("textbox", { name: "Search the models" }).getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByRole("heading", { name: "What can be searched for" })).toBeTruthy();
});

test("the next page comes by itself, also when one held nothing", async () => {
  const pages: Record<string, unknown> = {
    "": page([], "b"),
    b: page([model({ id: "1", name: "one" })], "c"),
    c: page([model({ id: "2", name: "two" })]),
  };
  open("/", { [SEARCH]: (url: URL) => pages[url.searchParams.get("cursor") ?? ""] });
  expect(await screen.findByRole("link", { name: "two" })).toBeTruthy();
  expect(screen.getByText("2 models")).toBeTruthy();
});

test("a page that does not come leaves what is there, and can be asked for again", async () => {
  let away = true;
  const answer = (url: URL): unknown => {
    if (!url.searchParams.has("cursor")) return page([model({ name: "one" })], "b");
    return away ? refusal(400, "Malformed") : page([model({ id: "2", name: "two" })]);
  };
  open("/", { [SEARCH]: answer });
  expect(await screen.findByText("The rest did not come.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "one" })).toBeTruthy();
  away = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "two" })).toBeTruthy();
});

test("an empty registry says what to type, with its own address", async () => {
  open("/", { [SEARCH]: page([]), "/config.json": { auth: "none", url: "https://models.example" } });
  expect(await screen.findByText("No models yet.")).toBeTruthy();
  expect(await screen.findByText("MODELYARD_URL=https://models.example modelyard push churn model.joblib")).toBeTruthy();
});

test("a click on a column's name sorts by it, and another turns the order", async () => {
  const { router } = open("/", { [SEARCH]: page([model()]) });
  await userEvent.click(await screen.findByRole("link", { name: "Last change" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ order: "updated_at DESC" }));
  await waitFor(() => expect(screen.getByRole("columnheader", { name: "Last change" }).getAttribute("aria-sort")).toBe("descending"));
  await userEvent.click(screen.getByRole("link", { name: "Last change" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ order: "updated_at ASC" }));
});

test("a failure says what happened", async () => {
  open("/", { [SEARCH]: refusal(403, "Forbidden", "you may not search") });
  expect(await screen.findByText("You may not search.")).toBeTruthy();
});
