/** Things as the registry would answer them, with what a test says of them. */
import type { Event, Model } from "../api/types";

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
