import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { event, model } from "../../testing/made";
import { open, refusal } from "../../testing/render";

const HOSTILE = '"><img src=x onerror=alert(1)> %2F ?#&';
const MOVED = event({ id: "e2", sequence: 2, before: { stage: "staging" }, after: { stage: "production" }, reason: "shadow was fine" });

function answers(name = "churn") {
  const versions = [2, 1].map((version) => ({
    name, version, state: "ready", stage: version === 2 ? "production" : "archived", aliases: [], metrics: { [name]: version }, measured: {},
    description: "", created_at: "2026-03-01T12:00:00Z", created_by: "local:ana",
  }));
  return {
    "/config.json": { auth: "none" },
    [`/v1/models/${name}`]: model({ name, stages: { production: [2] } }),
    [`/v1/models/${name}/history`]: { items: [{ ...MOVED, version: 2 }], next: null },
    [`/v1/models/${name}/versions`]: { items: versions, next: null },
  };
}

test("what is in production is told first, and who moved it there and why in the timeline", async () => {
  open("/models/churn", answers());
  const standing = await screen.findByLabelText("What stands where");
  expect(within(standing).getByRole("link", { name: "2" })).toBeTruthy();
  expect(await screen.findByRole("link", { name: /^2 in production, since .+ by ana: shadow was fine, until now$/ })).toBeTruthy();
});

/** A journal of so many entries, as the registry pages it; entry 1 put version 1 into production, and nothing moved since. */
function journal(length: number, asked: URL[]) {
  const entry = (sequence: number) =>
    event({ id: `e${sequence}`, sequence, type: sequence === 1 ? "version.promoted" : "version.updated", version: sequence === 1 ? 1 : 2, after: sequence === 1 ? { stage: "production" } : {} });
  return (url: URL) => {
    asked.push(url);
    if (url.searchParams.get("version") !== null) return { items: [entry(1)], next: null };
    const last = Number(url.searchParams.get("cursor") ?? length);
    const first = Math.max(last - Number(url.searchParams.get("limit")), 0);
    const items = Array.from({ length: last - first }, (_, index) => entry(last - index));
    return { items, next: first === 0 ? null : String(first) };
  };
}

test("of a long journal the newest part is read, and what stands now; the rest on demand, and it is said what is not", async () => {
  const asked: URL[] = [];
  const long = { "/v1/models/churn": model({ sequence: 700, stages: { production: [1] } }), "/v1/models/churn/history": journal(700, asked) };
  open("/models/churn", { ...answers(), ...long });
  expect(await screen.findByRole("link", { name: /^1 in production, since .+ until now$/ })).toBeTruthy();
  expect(asked.map(({ searchParams }) => searchParams.get("cursor"))).toEqual([null, null]);
  expect(await screen.findByText(/^15 of 700 entries. What was before .+ is not read yet/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Draw what was before" }));
  expect(await screen.findByText("15 of 700 entries.")).toBeTruthy();
  expect(asked.at(-1)?.searchParams.get("cursor")).toBe("200");
});

test("versions are chosen in the order of the clicks, and the address holds them", async () => {
  const { router } = open("/models/churn", answers());
  await userEvent.click(await screen.findByRole("checkbox", { name: "Compare version 1" }));
  await userEvent.click(await screen.findByRole("checkbox", { name: "Compare version 2" }));
  expect(router.state.location.search).toMatchObject({ pick: ["1", "2"] });
  expect((await screen.findByRole("link", { name: "Compare 2" })).getAttribute("href")).toContain("refs=churn/1&refs=churn/2");
});

test("a metric whose direction nobody said marks none as best, and says so", async () => {
  open("/models/churn", answers());
  expect(await screen.findByText(/nobody said which values are better/)).toBeTruthy();
});

test("a model without versions says what to type", async () => {
  open("/models/churn", { ...answers(), "/v1/models/churn": model({ versions: 0 }) });
  expect(await screen.findByText(/modelyard push churn model.joblib/)).toBeTruthy();
});

test("hostile names are text and lead where they should", async () => {
  open(`/models/${encodeURIComponent(HOSTILE)}`, answers(HOSTILE));
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe(HOSTILE);
  const links = await screen.findAllByRole("link", { name: "2" });
  expect(links.map((link) => decodeURIComponent(new URL((link as HTMLAnchorElement).href).pathname))).toContain(`/models/${HOSTILE}/versions/2`);
  expect(document.querySelector("img[src='x']")).toBeNull();
});

test("a model that is not there is told under its name", async () => {
  open("/models/nope", { "/v1/models/nope": refusal(404, "NotFound", "there is no model 'nope'") });
  expect(await screen.findByText("There is no model 'nope'.")).toBeTruthy();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("nope");
});
