/** What the registry answers, by the names that the pages use. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Model = Schemas["ModelResponse"];
export type Version = Schemas["VersionResponse"];
export type Event = Schemas["EventResponse"];
export type File = Schemas["FileResponse"];
export type FileFindings = Schemas["FileFindingsResponse"];
export type Evaluation = Schemas["EvaluationResponse"];
export type Attachment = Schemas["AttachmentResponse"];
export type Attestation = Schemas["AttestationResponse"];
export type Lineage = Schemas["LineageResponse"];
export type Comparison = Schemas["ComparisonResponse"];
export type Alias = Schemas["AliasResponse"];
export type ProblemDocument = Schemas["ProblemResponse"];
export type Transition = Schemas["TransitionRequest"];

/** A page of a list: `next` leads to the one after it. */
export interface PageOf<T> {
  items: T[];
  next: string | null;
}
