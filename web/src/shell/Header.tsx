import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import classes from "./Header.module.css";
import { Keys } from "./Keys";
import { SchemeSwitch } from "./SchemeSwitch";
import { SearchBox } from "./SearchBox";
import { SignOut } from "./SignIn";

const ACTIVE = { className: classes.here ?? "", "aria-current": "page" } as const;

/** The way to everything: the name, the pages, the search, the scheme. */
export function Header(): ReactElement {
  return (
    <header className={classes.header}>
      <div className={classes.inner}>
        <Link to="/" className={classes.name} aria-label="Modelyard, all models">
          <img src="/favicon.svg" alt="" width={20} height={20} />
          <span>Modelyard</span>
        </Link>
        <nav aria-label="Pages" className={classes.nav}>
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }} activeProps={ACTIVE}>
            Models
          </Link>
          <Link to="/compare" activeOptions={{ includeSearch: false }} activeProps={ACTIVE}>
            Compare
          </Link>
          <Link to="/activity" activeOptions={{ includeSearch: false }} activeProps={ACTIVE}>
            Activity
          </Link>
        </nav>
        <SearchBox />
        <div className={classes.end}>
          <SignOut />
          <Keys />
          <SchemeSwitch />
        </div>
      </div>
    </header>
  );
}
