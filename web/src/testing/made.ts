/** Things as the registry would answer them, with what a test says of them. */
import type { Event, Model, Version } from "../api/types";

export function event(given: Partial<Event> = {}): Event {
  return {
    id: "01J",
    type: "version.promoted",
    schema_version: 1,
    model: { id: "01M", name: "churn" },
    sequence: 5,
    version: 1,
    digest: null,
    before: {},
    after: {},
    actor: "local:ana",
    reason: "",
    time: "2026-03-03T12:00:00Z",
    correlation_id: "",
    previous: "",
    hash: "",
    position: 5,
    ...given,
  };
}

export function model(given: Partial<Model> = {}): Model {
  return {
    id: "01M",
    name: "churn",
    description: "",
    owner: "",
    tags: {},
    created_at: "2026-03-01T12:00:00Z",
    created_by: "local:ana",
    updated_at: "2026-03-03T12:00:00Z",
    sequence: 5,
    versions: 2,
    newest_ready: 2,
    stages: {},
    aliases: {},
    revision: 1,
    deleted: null,
    ...given,
  };
}

export function version(given: Partial<Version> = {}): Version {
  return {
    name: "churn",
    version: 7,
    state: "ready",
    stage: "development",
    digest: "sha256:00",
    size: 10,
    file_count: 1,
    description: "",
    tags: {},
    params: {},
    metrics: {},
    source_commit: "",
    datasets: [],
    run_url: "",
    created_at: "2026-03-01T12:00:00Z",
    created_by: "local:ana",
    verified_at: "2026-03-01T12:00:01Z",
    proof: "storage",
    proof_pending: false,
    check_pending: false,
    signed: null,
    provenance: null,
    refusal: [],
    revision: 3,
    aliases: [],
    source: { repository: "", commit: "", path: "", dirty: null, diff_digest: "" },
    run: { system: "", id: "", url: "" },
    bases: [],
    environment: { python: "", packages: {}, image_digest: "", hardware: "" },
    card_digest: "",
    deleted: null,
    inspected: { rules: 2, verdict: "clean", files: 1, incomplete: 0, findings: {}, found: [] },
    facts: {},
    review: null,
    evaluated: [],
    measured: {},
    ...given,
  };
}
