import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { version } from "../../testing/made";
import { open, refusal } from "../../testing/render";

const EMPTY = { items: [], next: null };
const PATH = "/v1/models/churn/versions/7";
const MANY = 500;
const nameOf = (number: number): string => `f${String(number).padStart(5, "0")}.txt`;

/** So many things, in pages of 100. */
function paged<T>(make: (number: number) => T) {
  return (url: URL) => {
    const first = Number(url.searchParams.get("cursor") ?? 0);
    return { items: Array.from({ length: 100 }, (_, index) => make(first + index)), next: first + 100 < MANY ? String(first + 100) : null };
  };
}

const ANSWERS = {
  "/config.json": { auth: "none" },
  "/v1/models/churn/history": EMPTY,
  [PATH]: version({ file_count: MANY }),
  [`${PATH}/evaluations`]: EMPTY,
  [`${PATH}/files`]: paged((number) => ({ path: nameOf(number), size: 3, digest: `sha256:${number}`, parts: [], download: null })),
  [`${PATH}/findings`]: paged((number) => ({ path: nameOf(number), format: "text", verdict: "clean", findings: [], unread: [], facts: {} })),
};

test("a link to a file of a later page leads to it, with what was found in it", async () => {
  const { registry } = open(`/models/churn/versions/7?tab=files&file=${nameOf(421)}`, ANSWERS);
  expect(await screen.findByRole("heading", { name: new RegExp(nameOf(421)) })).toBeTruthy();
  expect(registry.asked.filter(({ pathname }) => pathname === `${PATH}/files`)).toHaveLength(5);
  expect(registry.asked.filter(({ pathname }) => pathname === `${PATH}/findings`)).toHaveLength(5);
});

test("a link to a file that there is none of says so, once all were read", async () => {
  open("/models/churn/versions/7?tab=files&file=none", ANSWERS);
  expect(await screen.findByText("It has no file of the name in this address.")).toBeTruthy();
  expect(screen.getByText(/^500 of 500 files/)).toBeTruthy();
});

test("reading on that fails stops, says so, and goes on by a click", async () => {
  const files = paged((number) => ({ path: nameOf(number), size: 3, digest: `sha256:${number}`, parts: [], download: null }));
  const broken = (url: URL) => (url.searchParams.get("cursor") === "200" ? refusal(503, "Unavailable", "try later") : files(url));
  const { registry } = open("/models/churn/versions/7?tab=files&file=none", { ...ANSWERS, [`${PATH}/files`]: broken });
  expect(await screen.findByText("Not all files can be shown")).toBeTruthy();
  expect(screen.getByText(/^Looking for/)).toBeTruthy();
  registry.answers[`${PATH}/files`] = files;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("It has no file of the name in this address.")).toBeTruthy();
});
