/** Shapes of stages in charts, and the variables with their colours; as the badges have them. */
export type Shape = "triangle" | "diamond" | "circle" | "rect" | "arrow";

interface Mark {
  shape: Shape;
  ink: string;
}

const KNOWN: Record<string, Mark> = {
  production: { shape: "triangle", ink: "--good" },
  staging: { shape: "diamond", ink: "--accent" },
  development: { shape: "circle", ink: "--dim" },
  archived: { shape: "rect", ink: "--line-strong" },
};

export function markOf(stage: string): Mark {
  return KNOWN[stage] ?? { shape: "arrow", ink: "--warn" };
}
