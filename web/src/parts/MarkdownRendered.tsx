import type { ReactElement, ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import classes from "./Markdown.module.css";

const WEB = /^(https?:|mailto:)/i;

const COMPONENTS: Components = {
  // The page has the h1 and h2: what a text calls its title begins below them.
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  h4: ({ children }) => <h6>{children}</h6>,
  h5: ({ children }) => <h6>{children}</h6>,
  a: ({ href, children }) => <Out href={href}>{children}</Out>,
  img: ({ src, alt }) => <Out href={src}>{alt === "" || alt === undefined ? "image" : alt}</Out>,
  table: ({ children }) => (
    <div className={classes.wide}>
      <table>{children}</table>
    </div>
  ),
};

/** Loaded only where there is a text. */
export default function MarkdownRendered({ text }: { text: string }): ReactElement {
  return (
    <div className={classes.text} dir="auto">
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
}

function Out({ href, children }: { href: unknown; children: ReactNode }): ReactElement {
  if (typeof href !== "string" || !WEB.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
