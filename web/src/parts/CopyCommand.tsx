import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "./icons";
import classes from "./words.module.css";

interface CopyButtonProps {
  text: string;
  /** What it copies, for its name: "Copy the digest". */
  what: string;
  tooltip: string;
  className: string;
  children: ReactNode;
}

/** Text that a click copies. */
export function CopyButton({ text, what, tooltip, className, children }: CopyButtonProps): ReactElement {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={copied ? "Copied" : tooltip}>
      <UnstyledButton className={className} onClick={() => copy(text)}>
        {children}
        <span className="sr-only">{copied ? ` The ${what} is copied` : ` Copy the ${what}`}</span>
        <Icon name={copied ? "check" : "copy"} size={12} />
      </UnstyledButton>
    </Tooltip>
  );
}

/** A command as it is typed, which a click copies. Long ones scroll within. */
export function CopyCommand({ command, label = "command" }: { command: string; label?: string }): ReactElement {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  const says = copied ? "Copied" : `Copy the ${label}`;
  return (
    <div className={classes.command}>
      {/* What scrolls must be reached by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label={label}>
        <code>{command}</code>
      </pre>
      <Tooltip label={says}>
        <ActionIcon variant="subtle" color="gray" aria-label={says} onClick={() => copy(command)}>
          <Icon name={copied ? "check" : "copy"} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
