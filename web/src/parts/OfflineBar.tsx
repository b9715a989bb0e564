import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, type ReactElement } from "react";
import { api } from "../api/client";
import { useContact } from "../api/contact";
import { useNow } from "./clock";
import { relativeTime } from "./format";
import { Icon } from "./icons";
import classes from "./OfflineBar.module.css";

const ASK_AGAIN = 3_000;

/** Says that nobody answers and how old the screen is, asks again by itself, and brings everything up to date once somebody does. */
export function OfflineBar(): ReactElement {
  const { answered, lostAt } = useContact();
  const queries = useQueryClient();
  const now = useNow();
  const lost = lostAt !== null;
  useEffect(() => {
    if (!lost) return undefined;
    const timer = setInterval(() => void api.GET("/v1/health").catch(() => undefined), ASK_AGAIN);
    return () => {
      clearInterval(timer);
      void queries.invalidateQueries();
    };
  }, [lost, queries]);
  return (
    <div role="status" className={classes.holder}>
      {lost && (
        <p className={classes.bar}>
          <Icon name="offline" />
          <span>
            The registry does not answer.{" "}
            {answered > 0 && showsSomething(queries) && <>What is on screen is from {relativeTime(answered, Math.max(now, lostAt))}. </>}
            Asking again …
          </span>
        </p>
      )}
    </div>
  );
}

/** Whether what somebody looks at holds anything of the registry: an answer alone, as to a health check, brought nothing on screen. */
function showsSomething(queries: QueryClient): boolean {
  return queries.getQueryCache().findAll({ type: "active" }).some(({ queryKey, state }) => queryKey[0] !== "settings" && state.data !== undefined);
}
