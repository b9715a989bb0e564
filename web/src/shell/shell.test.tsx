import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { noteAnswer, noteSilence } from "../api/contact";
import { signOut } from "../api/session";
import { model, version } from "../testing/made";
import { open, refusal } from "../testing/render";

const HOSTILE = ["50%", "50%25", "a#b", "a?b=c", "<script>", "é ü", "مرحبا", "..x", "a&b", "'\"", "100%2F"];

beforeEach(() => {
  signOut();
  localStorage.clear();
});

test.each(HOSTILE)("a model may be called %s", async (name) => {
  const { router } = open(`/models/${encodeURIComponent(name)}`, { [`/v1/models/${name}`]: model({ name }) });
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe(name);
  const link = router.buildLocation({ to: "/models/$name", params: { name } }).href;
  expect(decodeURIComponent(link)).toBe(`/models/${name}`);
  expect(document.title).toBe(`${name} · Modelyard`);
});

test("there are landmarks, one heading, and a way past the header", async () => {
  open("/activity");
  expect(await screen.findByRole("heading", { level: 1, name: "Activity" })).toBeTruthy();
  for (const role of ["banner", "navigation", "search", "main"]) expect(screen.getAllByRole(role)).toHaveLength(1);
  await userEvent.click(screen.getByRole("link", { name: "Skip to the content" }));
  expect(document.activeElement).toBe(screen.getByRole("main"));
});

test("the page where one is is marked in the navigation", async () => {
  open("/activity");
  expect((await screen.findByRole("link", { name: "Activity" })).getAttribute("aria-current")).toBe("page");
  expect(screen.getByRole("link", { name: "Models" }).getAttribute("aria-current")).toBeNull();
});

test("the search leads to a version, and the slash to the search", async () => {
  const user = userEvent.setup();
  const { router } = open("/activity");
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard("/churn/3{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/models/churn/versions/3"));
});

test("two keys lead to a page, and a question mark lists them", async () => {
  const user = userEvent.setup();
  const { router } = open("/activity");
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard("gc");
  await waitFor(() => expect(router.state.location.pathname).toBe("/compare"));
  await user.keyboard("?");
  expect(await screen.findByRole("dialog", { name: "Keys" })).toBeTruthy();
});

test("what is not there is told as that, and the rest stays", async () => {
  open("/models/nobody", { "/v1/models/nobody": refusal(404, "NotFound", "there is no model nobody") });
  expect(await screen.findByText("This is not here")).toBeTruthy();
  expect(screen.getByRole("navigation")).toBeTruthy();
});

test("an address that leads nowhere says so", async () => {
  open("/nowhere/at/all");
  expect(await screen.findByText("There is no page at this address.")).toBeTruthy();
});

test("who is not known signs in with a token, and goes on where they were", async () => {
  const user = userEvent.setup();
  const known = (url: URL): Response =>
    url.pathname === "/v1/models" ? Response.json({ items: [], next: null }) : refusal(401, "Unauthenticated", "send a token");
  const { registry } = open("/models/churn", { "/v1/models/churn": known, "/v1/models": known, "/config.json": { auth: "token" } });
  await user.type(await screen.findByLabelText("Token"), "secret");
  registry.answers["/v1/models/churn"] = model({ name: "churn" });
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { level: 1, name: "churn" })).toBeTruthy();
  expect(sessionStorage.getItem("modelyard.token")).toBe("secret");
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  expect(sessionStorage.getItem("modelyard.token")).toBeNull();
});

test("a wrong token is told at the field", async () => {
  const user = userEvent.setup();
  open("/models/churn", {
    "/v1/models/churn": refusal(401, "Unauthenticated"),
    "/v1/models": refusal(401, "Unauthenticated"),
    "/config.json": { auth: "token" },
  });
  await user.type(await screen.findByLabelText("Token"), "wrong{Enter}");
  expect(await screen.findByText("The registry does not know this token.")).toBeTruthy();
});

test("when nobody answers it is said, and taken back when somebody does", async () => {
  const { registry } = open("/models/churn", { "/v1/models/churn": new TypeError("refused") });
  expect(await screen.findByText(/The registry does not answer\. /)).toBeTruthy();
  registry.answers["/v1/health"] = { status: "ok" };
  registry.answers["/v1/models/churn"] = model({ name: "churn" });
  await waitFor(() => expect(screen.queryByText(/The registry does not answer\. /)).toBeNull());
});

test("the scheme can be turned, and is remembered", async () => {
  const user = userEvent.setup();
  open("/activity");
  await user.click(await screen.findByRole("button", { name: "Turn to the dark scheme" }));
  expect(document.documentElement.getAttribute("data-mantine-color-scheme")).toBe("dark");
});

test.each(["churn/production", "churn@champion", "models:/churn/production"])("the search leads to the version that %s stands for", async (ref) => {
  const user = userEvent.setup();
  const { router, registry } = open("/activity", { "/v1/resolve": { reference: ref, version: version({ version: 4 }), files: { items: [], next: null } } });
  await user.type(await screen.findByRole("searchbox"), `${ref}{Enter}`);
  await waitFor(() => expect(router.state.location.pathname).toBe("/models/churn/versions/4"));
  expect(registry.asked.find(({ pathname }) => pathname === "/v1/resolve")?.searchParams.get("ref")).toBe(ref);
});

test("a reference that nothing stands for is told so, and its model can be searched for instead", async () => {
  const user = userEvent.setup();
  const { router } = open("/activity", { "/v1/resolve": refusal(404, "NotFound", "no version of churn stands in production") });
  await user.type(await screen.findByRole("searchbox"), "churn/production{Enter}");
  expect((await screen.findByRole("alert")).textContent).toMatch(/churn\/production leads to no version: no version of churn stands in production/);
  await user.click(screen.getByRole("button", { name: "Search the models for churn" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "churn" }));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("keys of one letter can be switched off and on again, and that is remembered", async () => {
  const user = userEvent.setup();
  const { router } = open("/activity");
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard("?");
  await user.click(await screen.findByRole("switch", { name: /act as keys/ }));
  expect(localStorage.getItem("modelyard.keys")).toBe("off");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.keyboard("gc?/");
  expect(router.state.location.pathname).toBe("/activity");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(document.activeElement).not.toBe(screen.getByRole("searchbox"));
  await user.click(screen.getByRole("button", { name: "Keys" }));
  await user.click(await screen.findByRole("switch", { name: /act as keys/ }));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.keyboard("gc");
  await waitFor(() => expect(router.state.location.pathname).toBe("/compare"));
});

test("while the list of keys is open, none of them acts", async () => {
  const user = userEvent.setup();
  const { router } = open("/activity");
  await screen.findByRole("heading", { level: 1 });
  await user.keyboard("?");
  await screen.findByRole("dialog", { name: "Keys" });
  await user.keyboard("gc/");
  expect(router.state.location.pathname).toBe("/activity");
  expect(document.activeElement?.id).not.toBe("search");
});

test("a token with letters that no header carries is told at the field, and not sent", async () => {
  const user = userEvent.setup();
  const { registry } = open("/models/churn", { "/v1/models/churn": refusal(401, "Unauthenticated"), "/config.json": { auth: "token" } });
  await user.type(await screen.findByLabelText("Token"), "sécret→{Enter}");
  expect(await screen.findByText(/^A token has only ASCII letters/)).toBeTruthy();
  expect(screen.queryByText("This page has a fault")).toBeNull();
  expect(registry.asked.some(({ pathname }) => pathname === "/v1/models")).toBe(false);
});

test("while nothing of the registry is on screen, nothing is said of its age", async () => {
  noteAnswer();
  const { registry } = open("/models/churn", { "/v1/models/churn": new TypeError("refused") });
  expect((await screen.findByText(/The registry does not answer\. /)).textContent).not.toMatch(/on screen/);
  registry.answers["/v1/models/churn"] = model({ name: "churn" });
  registry.answers["/v1/health"] = { status: "ok" };
  await screen.findByRole("heading", { level: 1, name: "churn" });
  noteSilence();
  expect((await screen.findByText(/The registry does not answer\. /)).textContent).toMatch(/What is on screen is from/);
});
