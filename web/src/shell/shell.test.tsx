import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { signOut } from "../api/session";
import { model } from "../testing/made";
import { open, refusal } from "../testing/render";

const HOSTILE = ["50%", "50%25", "a#b", "a?b=c", "<script>", "é ü", "مرحبا", "..x", "a&b", "'\"", "100%2F"];

beforeEach(() => signOut());

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
