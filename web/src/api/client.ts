/** The registry's API, typed by its own description. The only way in which the page gets at anything. */
import createClient from "openapi-fetch";
import { noteAnswer, noteSilence } from "./contact";
import { problemOf, Unreachable } from "./problems";
import { freshToken, renewedToken } from "./renewing";
import type { paths } from "./schema";

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: send,
  querySerializer: { array: { style: "form", explode: true } },
});

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What a call gives. A Problem when the registry refuses it, Unreachable when nobody answers. */
export async function ask<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** A key that makes one intent of the user one command, however often it is sent. */
export function newIdempotencyKey(): string {
  return `page ${crypto.randomUUID()}`;
}

/** With the token of who is signed in, unless the request brings one; a token that was refused is renewed once, where that can be. */
async function send(request: Request): Promise<Response> {
  if (request.headers.has("authorization")) return deliver(request);
  const token = await freshToken();
  if (token === null) return deliver(request);
  const again = request.clone();
  const response = await deliver(bearing(request, token));
  if (response.status !== 401) return response;
  const next = await renewedToken(token);
  return next === null ? response : deliver(bearing(again, next));
}

function bearing(request: Request, token: string): Request {
  request.headers.set("authorization", `Bearer ${token}`);
  return request;
}

async function deliver(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    noteAnswer();
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    noteSilence();
    throw new Unreachable(error);
  }
}
