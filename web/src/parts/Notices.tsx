import { Button } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { Problem, Unreachable } from "../api/problems";
import { CopyCommand } from "./CopyCommand";
import { Icon, type IconName } from "./icons";
import classes from "./Notices.module.css";

interface NoticeProps {
  tone?: "plain" | "good" | "warn" | "bad";
  icon?: IconName;
  title: ReactNode;
  children?: ReactNode;
}

/** Something that is said in place: a title, what it means, what can be done. */
export function Notice({ tone = "plain", icon = "alert", title, children }: NoticeProps): ReactElement {
  return (
    <div className={classes.notice} data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icon} size={18} />
      <div className={classes.words}>
        <p className={classes.title}>{title}</p>
        {children}
      </div>
    </div>
  );
}

interface ProblemNoticeProps {
  error: Error;
  /** Tries again; offered where that may help. */
  retry?: () => void;
  /** What could not be done, as "The files cannot be shown". */
  what?: string;
  /** What still works, or what to do about it. */
  children?: ReactNode;
}

/** What happened when something failed, in the registry's own words, and the retry where one may help. */
export function ProblemNotice({ error, retry, what, children }: ProblemNoticeProps): ReactElement {
  return (
    <Notice tone={error instanceof Problem && error.status < 500 ? "warn" : "bad"} title={what ?? titleOf(error)}>
      <p className={classes.detail}>{sentence(error.message)}</p>
      <p className={classes.detail}>{adviceOn(error)}</p>
      {children}
      <div className={classes.foot}>
        {retry !== undefined && mayPass(error) && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
        {error instanceof Problem && error.request !== "" && <small className="dim mono">{error.request}</small>}
      </div>
    </Notice>
  );
}

/** Nothing is here yet: why, and a command that changes it. */
export function Empty({ title, command, children }: { title: string; command?: string; children?: ReactNode }): ReactElement {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{title}</p>
      {children}
      {command !== undefined && <CopyCommand command={command} />}
    </div>
  );
}

function mayPass(error: Error): boolean {
  return !(error instanceof Problem) || error.passes;
}

function titleOf(error: Error): string {
  if (error instanceof Unreachable) return "The registry does not answer";
  if (!(error instanceof Problem)) return "This page has a fault";
  return { 401: "You are not signed in", 403: "You may not see this", 404: "This is not here" }[error.status] ?? error.title;
}

function adviceOn(error: Error): string {
  if (error instanceof Unreachable) return "What is on screen stays. This page asks again by itself.";
  if (!(error instanceof Problem)) return "";
  if (error.status === 403) return "Ask whoever runs the registry for leave. The rest of it goes on as before.";
  if (error.status === 429) return "Too much was asked at once. It goes on in a moment.";
  if (error.status >= 500) return "Nothing was changed by this. If it stays so, quote the request below.";
  return "";
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
