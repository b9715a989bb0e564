import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { event, model, version } from "../../testing/made";
import { open, refusal } from "../../testing/render";

const AT = "/models/churn/versions/8";
const EMPTY = { items: [], next: null };

function answers(given: Parameters<typeof version>[0] = {}, more: Record<string, unknown> = {}) {
  return {
    "/config.json": { auth: "none" },
    "/v1/models/churn": model({ stages: { production: [7] } }),
    "/v1/models/churn/history": EMPTY,
    [`/v1${AT}`]: version({ version: 8, ...given }),
    [`/v1${AT}/evaluations`]: EMPTY,
    ...more,
  };
}

test("while the history does not come nothing is said of moves, nor counted, and it can be asked for again", async () => {
  let away = true;
  const history = () => (away ? refusal(400, "Malformed") : { items: [event({ after: { stage: "production" } })], next: null });
  open(AT, answers({ stage: "production" }, { "/v1/models/churn/history": history }));
  expect(await screen.findByText("The history could not be read.")).toBeTruthy();
  expect(screen.getByRole("tab", { name: /^History/ }).textContent).toBe("History");
  away = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/ana moved it to production/)).toBeTruthy();
  expect(screen.getByRole("tab", { name: /^History/ }).textContent).toBe("History 1");
});

test("while the history is on its way no verdict is shown, and no count", async () => {
  const never = new Response(new ReadableStream());
  open(AT, answers({}, { "/v1/models/churn/history": never, [`/v1${AT}/evaluations`]: never }));
  expect(await screen.findByText("The history is being read.")).toBeTruthy();
  expect(screen.queryByText(/nobody moved it/)).toBeNull();
  expect(screen.getAllByRole("tab", { name: /^(History|Evaluations)/ }).map((tab) => tab.textContent)).toEqual(["Evaluations", "History"]);
});

test("the history is asked for newest first", async () => {
  const { registry } = open(AT, answers());
  expect(await screen.findByText(/^Not yet: nobody moved it/)).toBeTruthy();
  expect(registry.asked.find(({ pathname }) => pathname.endsWith("/history"))?.searchParams.get("newest")).toBe("true");
});

test("metrics are told with unit, direction and data", async () => {
  const report = { id: 1, dataset: "holdout", digest: "", split: "test", slice: "", evaluator: "", created_by: "local:ana", created_at: "2026-03-01T12:00:00Z", comment: "", attachments: [], run: { system: "", id: "", url: "" }, metrics: { loss: { value: 0.2, unit: "nats", direction: "lower" } } };
  const measured = { loss: { dataset: "holdout", digest: "", split: "test", unit: "nats" } };
  open(AT, answers({ metrics: { loss: 0.2 }, measured }, { [`/v1${AT}/evaluations`]: { items: [report], next: null } }));
  expect(await screen.findByText("lower is better · holdout test")).toBeTruthy();
  expect(screen.getByText("nats")).toBeTruthy();
});

test("of a version that serves no move is chosen beforehand, and who stands there is named", async () => {
  open(`${AT}?move=1`, answers({ stage: "staging" }));
  const form = await screen.findByRole("region", { name: "Move churn/8 to another stage" });
  expect(within(form).getByRole<HTMLButtonElement>("button", { name: "Move it" }).disabled).toBe(true);
  await userEvent.selectOptions(within(form).getByRole("combobox", { name: "Stage" }), "production");
  expect(await within(form).findByText("7 stands in production; it stays there too unless it is replaced.")).toBeTruthy();
  expect(within(form).getByRole<HTMLButtonElement>("button", { name: "Move it to production" }).disabled).toBe(false);
});

test.each(["rejected", "deleted"])("what is %s is offered no move, also where the address asks for one", async (state) => {
  open(`${AT}?move=1`, answers({ state }));
  await screen.findByRole("region", { name: "Can it be trusted?" });
  expect(screen.queryByRole("region", { name: /^Move churn/ })).toBeNull();
  expect(screen.queryByRole("link", { name: "Change the stage …" })).toBeNull();
});

test("it is compared with what stands in production, which comes first", async () => {
  open(AT, answers());
  const link = await screen.findByRole("link", { name: "Compare with production" });
  expect(link.getAttribute("href")).toContain("refs=churn/7&refs=churn/8");
});

test("a card is shown without its front matter", async () => {
  open(AT, answers({ card_digest: "sha256:01" }, { [`/v1${AT}/card`]: new Response("---\nlicense: mit\n---\n# What it is for\n") }));
  expect(await screen.findByRole("heading", { name: "What it is for" })).toBeTruthy();
  expect(screen.queryByText(/license/)).toBeNull();
});
