import { lazy, Suspense, type ReactElement } from "react";
import { LoadingBlock } from "./Loading";

const Rendered = lazy(() => import("./MarkdownRendered"));

/** Markdown that somebody else wrote. Nothing in it runs or is fetched: raw HTML is text, images are links. */
export function Markdown({ text }: { text: string }): ReactElement {
  return (
    <Suspense fallback={<LoadingBlock height={80} label="Loading the text" />}>
      <Rendered text={text} />
    </Suspense>
  );
}
