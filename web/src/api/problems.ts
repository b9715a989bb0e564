/** What can go wrong with a request, as two errors: a refusal by the registry, and no answer at all. */
import type { ProblemDocument } from "./types";

/** A refusal: what the registry's problem document says, or what can be told of an answer that is none. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly kind: string;
  readonly title: string;
  readonly field: string | null;
  readonly facts: Record<string, unknown>;
  readonly request: string;
  /** Seconds after which it may be tried again, when the registry said so. */
  readonly after: number | null;

  constructor(document: ProblemDocument, after: number | null = null) {
    super(document.detail);
    this.status = document.status;
    this.kind = document.kind;
    this.title = document.title;
    this.field = document.field;
    this.facts = document.facts;
    this.request = document.instance;
    this.after = after;
  }

  /** Whether the same request may well be answered later. */
  get passes(): boolean {
    return this.status === 429 || this.status >= 500 || this.kind === "Contended";
  }
}

/** Nobody answered: the network, or the server, is away. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(cause: unknown) {
    super("The registry does not answer.", { cause });
  }
}

/** The refusal that an answer with an error status is. */
export function problemOf(response: Response, body: unknown): Problem {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  const document = isDocument(body) ? { ...blank(response), ...body } : blank(response);
  return new Problem(document, Number.isNaN(after) ? null : after);
}

/** Where in a filter the registry found a fault: counted from 1, as it says them. Null when it is no such refusal. */
export function faultIn(error: unknown): { line: number; column: number } | null {
  if (!(error instanceof Problem)) return null;
  const { line, column } = error.facts;
  return typeof line === "number" && typeof column === "number" ? { line, column } : null;
}

function isDocument(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "kind" in body && "detail" in body;
}

function blank(response: Response): ProblemDocument {
  return {
    type: "about:blank",
    title: response.statusText || `Status ${response.status}`,
    status: response.status,
    detail: `The registry answered with status ${response.status}.`,
    instance: response.headers.get("x-request-id") ?? "",
    code: "internal",
    kind: "Unknown",
    field: null,
    facts: {},
  };
}
