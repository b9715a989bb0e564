import { Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactElement } from "react";
import classes from "./Keys.module.css";
import { SEARCH_ID } from "./SearchBox";

const PAGES = { m: "/", c: "/compare", a: "/activity" } as const;
const SOON = 1500;
const KEYS = [
  ["/", "search, or go to a version"],
  ["g m", "models"],
  ["g c", "compare"],
  ["g a", "activity"],
  ["↑ ↓", "from row to row in a table"],
  ["Enter", "open the row"],
  ["?", "this list"],
] as const;

/** Listens for the keys that work everywhere, and lists them. */
export function Keys(): ReactElement {
  const [shown, setShown] = useState(false);
  useKeys(() => setShown(true));
  return (
    <Modal opened={shown} onClose={() => setShown(false)} title="Keys" closeButtonProps={{ "aria-label": "Close" }}>
      <dl className={classes.keys}>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

function useKeys(showKeys: () => void): void {
  const navigate = useNavigate();
  const began = useRef(0);
  useEffect(() => {
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
