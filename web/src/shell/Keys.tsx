import { ActionIcon, Modal, Switch, Tooltip } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactElement } from "react";
import classes from "./Keys.module.css";
import { useKeySwitch } from "./keySwitch";
import { SEARCH_ID } from "./SearchBox";

const PAGES = { m: "/", c: "/compare", a: "/activity" } as const;
const SOON = 1500;
const KEYS = [
  ["/", "search, or go to a version"],
  ["g m", "models"],
  ["g c", "compare"],
  ["g a", "activity"],
  ["?", "this list"],
] as const;
const TABLE_KEYS = [
  ["↑ ↓", "from row to row in a table"],
  ["Enter", "open the row"],
] as const;

/** Listens for the keys that work everywhere, lists them, and switches them off. The button is for who switched them off. */
export function Keys(): ReactElement {
  const [shown, setShown] = useState(false);
  const [on, turn] = useKeySwitch();
  useKeys(on && !shown, () => setShown(true));
  return (
    <>
      <Tooltip label="Keys">
        <ActionIcon variant="default" size={32} aria-label="Keys" aria-haspopup="dialog" onClick={() => setShown(true)}>
          <span aria-hidden="true">?</span>
        </ActionIcon>
      </Tooltip>
      <Modal opened={shown} onClose={() => setShown(false)} title="Keys" closeButtonProps={{ "aria-label": "Close" }}>
        <Switch label="Single letters and signs act as keys" checked={on} onChange={(event) => turn(event.currentTarget.checked)} />
        <dl className={classes.keys} data-off={!on || undefined}>
          {KEYS.map(told)}
        </dl>
        <dl className={classes.keys}>{TABLE_KEYS.map(told)}</dl>
      </Modal>
    </>
  );
}

function told([key, does]: readonly [string, string]): ReactElement {
  return (
    <div key={key}>
      <dt>
        <kbd>{key}</kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}

function useKeys(act: boolean, showKeys: () => void): void {
  const navigate = useNavigate();
  const began = useRef(0);
  useEffect(() => {
    if (!act) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      const page = PAGES[event.key as keyof typeof PAGES] as (typeof PAGES)[keyof typeof PAGES] | undefined;
      if (event.key === "/") {
        event.preventDefault();
        document.getElementById(SEARCH_ID)?.focus();
      } else if (event.key === "?") showKeys();
      else if (event.key === "g") began.current = event.timeStamp;
      else if (page !== undefined && event.timeStamp - began.current < SOON && began.current > 0) void navigate({ to: page });
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
