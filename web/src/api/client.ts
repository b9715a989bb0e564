/** The registry's API, typed by its own description. The only way in which the page gets at anything. */
import createClient from "openapi-fetch";
import { noteAnswer, noteSilence } from "./contact";
import { problemOf, Unreachable } from "./problems";
import type { paths } from "./schema";
import { currentToken } from "./session";

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

async function send(request: Request): Promise<Response> {
  const token = currentToken();
  if (token !== null && !request.headers.has("authorization")) request.headers.set("authorization", `Bearer ${token}`);
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
