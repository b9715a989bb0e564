import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { model, version } from "./testing/made";
import { open } from "./testing/render";

const EMPTY = { items: [], next: null };
const PATH = "/v1/models/churn/versions/7";
const ANSWERS = {
  "/config.json": { auth: "none" },
  "/v1/models/churn": model(),
  "/v1/models/churn/history": EMPTY,
  [PATH]: version(),
  [`${PATH}/evaluations`]: EMPTY,
  [`${PATH}/attestations`]: EMPTY,
  [`${PATH}/lineage`]: { nodes: [], edges: [], truncated: false },
};
const at = (query: string) => open(`/models/churn/versions/7${query}`, ANSWERS);

test("a tab that there is none of is the usual one", async () => {
  at("?tab=zzz");
  expect((await screen.findByRole("tab", { name: /^Overview/ })).getAttribute("aria-selected")).toBe("true");
});

test("a form opens for a flag that is on, and for nothing else", async () => {
  const { router } = at("?move=0");
  await screen.findByRole("tab", { name: /^Overview/ });
  expect(screen.queryByRole("form")).toBeNull();
  expect(router.state.matches.at(-1)?.search).toEqual({});
});

test("no nonsense of an address is asked of the registry, and what it says rightly is kept", async () => {
  const { registry, router } = at("?tab=lineage&steps=abc&card=zzz&who=me");
  await waitFor(() => expect(registry.asked.some(({ pathname }) => pathname.endsWith("/lineage"))).toBe(true));
  expect(registry.asked.map(String).filter((url) => url.includes("abc"))).toEqual([]);
  expect(router.state.matches.at(-1)?.search).toEqual({ tab: "lineage" });
  await waitFor(() => expect(router.state.location.searchStr).toBe("?tab=lineage"));
});

test("a number of the address lasts", async () => {
  const { registry, router } = at("?tab=lineage&steps=5");
  await waitFor(() => expect(registry.asked.some(({ searchParams }) => searchParams.get("depth") === "5")).toBe(true));
  expect(router.state.location.searchStr).toBe("?tab=lineage&steps=5");
});
