/** Kinds of events to choose from: whole groups first, then each of the catalogue. */
export const TYPES = [
  { group: "All of", items: ["model", "version", "alias"] },
  {
    group: "Models",
    items: ["created", "updated", "renamed", "deleted", "restored", "purged"].map((type) => `model.${type}`),
  },
  {
    group: "Versions",
    items: [
      "registered", "uploaded", "verified", "quarantined", "released", "rejected", "expired", "challenged", "redriven", "updated",
      "promoted", "replaced", "evaluated", "deleted", "restored", "purged",
    ].map((type) => `version.${type}`),
  },
  { group: "Aliases", items: ["set", "replaced", "removed"].map((type) => `alias.${type}`) },
];
