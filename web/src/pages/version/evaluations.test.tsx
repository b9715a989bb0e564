import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { version } from "../../testing/made";
import { open } from "../../testing/render";

const PATH = "/v1/models/churn/versions/7";
const REPORT = {
  id: 1, dataset: "holdout", split: "test", slice: "", metrics: {}, comment: "", evaluator: "", created_by: "local:ana",
  created_at: "2026-03-01T12:00:00Z", run: { system: "", id: "", url: "" }, attachments: [{ path: "roc.png" }, { path: "plot.svg" }],
};
const attached = (path: string) => ({ path, size: 3, download: { url: `/blobs/${path}`, expires_at: "2036-03-01T12:00:00Z" } });
const ANSWERS = {
  "/config.json": { auth: "none" },
  "/v1/models/churn/history": { items: [], next: null },
  [PATH]: version(),
  [`${PATH}/evaluations`]: { items: [REPORT], next: null },
  [`${PATH}/evaluations/1/attachments`]: { items: [attached("roc.png"), attached("plot.svg")] },
};

test("a picture that browsers draw is shown, and an SVG can be fetched alone", async () => {
  open("/models/churn/versions/7?tab=evaluations", ANSWERS);
  expect(await screen.findByRole("img", { name: "Attached: roc.png" })).toBeTruthy();
  expect(screen.queryByRole("img", { name: "Attached: plot.svg" })).toBeNull();
  expect(screen.getByRole("link", { name: "plot.svg" }).getAttribute("href")).toBe("/blobs/plot.svg");
});

test("of a picture that cannot be drawn the name is left", async () => {
  open("/models/churn/versions/7?tab=evaluations", ANSWERS);
  fireEvent.error(await screen.findByRole("img", { name: "Attached: roc.png" }));
  expect(screen.queryByRole("img", { name: "Attached: roc.png" })).toBeNull();
  expect(screen.getByRole("link", { name: "roc.png" })).toBeTruthy();
});
