import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, type MouseEvent, type ReactElement } from "react";
import { useSession } from "../api/session";
import { OfflineBar } from "../parts/OfflineBar";
import { Header } from "./Header";
import classes from "./Shell.module.css";
import { SignIn } from "./SignIn";

/** What is around every page: the header with its search, the way past it, and what to do when nobody answers or knows us. */
export function Shell(): ReactElement {
  const { wanted } = useSession();
  const main = useMainFocus();
  return (
    <>
      <a href="#main" className={classes.skip} onClick={(event) => skip(event, main.current)}>
        Skip to the content
      </a>
      <Header />
      <OfflineBar />
      <main id="main" ref={main} tabIndex={-1} className={classes.main}>
        {wanted ? <SignIn /> : <Outlet />}
      </main>
    </>
  );
}

/** After a move to another page the focus is at its beginning, where who cannot see it goes on. */
function useMainFocus() {
  const main = useRef<HTMLElement>(null);
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ pathChanged, fromLocation }) => {
        if (pathChanged && fromLocation !== undefined) main.current?.focus({ preventScroll: true });
      }),
    [router],
  );
  return main;
}

function skip(event: MouseEvent, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}
