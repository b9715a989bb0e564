/** The page, or a part of it, as a test drives it: with a registry that answers as the test says. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { newQueryClient } from "../api/queryClient";
import { newRouter } from "../router";
import { theme } from "../theme";

const STYLES = { withCssVariables: false, withGlobalClasses: false };

type Answers = Record<string, unknown>;

/** Shows a part that needs no router. */
export function show(part: ReactNode) {
  return render(
    <MantineProvider theme={theme} env="test" {...STYLES}>
      <QueryClientProvider client={newQueryClient()}>{part}</QueryClientProvider>
    </MantineProvider>,
  );
}

/** Opens the whole page at an address. Paths that the test gave no answer for are refused with 404. */
export function open(address: string, answers: Answers = {}) {
  const registry = answering(answers);
  const router = newRouter(newQueryClient(), createMemoryHistory({ initialEntries: [address] }));
  const shown = render(
    <MantineProvider theme={theme} env="test" {...STYLES}>
      <RouterProvider router={router} />
    </MantineProvider>,
  );
  return { ...shown, router, registry };
}

/** Has fetch answer by path, decoded and without its query: with a document, a Response, or what a function of the URL gives. */
export function answering(answers: Answers) {
  const asked: URL[] = [];
  const answer = (input: Request | string | URL): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input, globalThis.location.origin);
    asked.push(url);
    const given = answers[decodeURIComponent(url.pathname)];
    const found: unknown = typeof given === "function" ? (given as (url: URL) => unknown)(url) : given;
    if (found instanceof Error) return Promise.reject(found);
    if (found instanceof Response) return Promise.resolve(found.clone());
    return Promise.resolve(found === undefined ? refusal(404, "NotFound") : Response.json(found));
  };
  vi.stubGlobal("fetch", answer);
  return { asked, answers };
}

/** A refusal as the registry words it. */
export function refusal(status: number, kind: string, detail = "it is not here", facts: object = {}): Response {
  const document = { type: "about:blank", title: kind, status, detail, instance: "urn:request:1", code: "c", kind, facts };
  return Response.json({ ...document, field: null }, { status, headers: { "content-type": "application/problem+json" } });
}
