import { useEffect, type ReactElement, type ReactNode } from "react";
import classes from "./Page.module.css";

interface PageProps {
  /** What the browser's tab says, and the heading where `heading` gives no richer one. */
  title: string;
  heading?: ReactNode;
  /** One line below the heading. */
  about?: ReactNode;
  /** What can be done here, at the heading's right. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page: its title in the tab, one h1, and its content below. The shell has the landmarks. */
export function Page({ title, heading, about, actions, children }: PageProps): ReactElement {
  useEffect(() => {
    document.title = `${title} · Modelyard`;
  }, [title]);
  return (
    <div className={classes.page}>
      <div className={classes.top}>
        <div className={classes.titles}>
          <h1 tabIndex={-1}>{heading ?? <bdi>{title}</bdi>}</h1>
          {about !== undefined && <div className={classes.about}>{about}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/** A part of a page under a heading of its own, which names it for screen readers. */
export function Section({ id, title, actions, children }: { id: string; title: string; actions?: ReactNode; children: ReactNode }): ReactElement {
  return (
    <section id={id} aria-labelledby={`${id}-title`} className={classes.section}>
      <div className={classes.sectionTop}>
        <h2 id={`${id}-title`}>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
