import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { api, ask } from "../../api/client";
import { faultIn } from "../../api/problems";
import classes from "./Filters.module.css";

/** What is wrong with a typed filter, under the column where it is. */
export function Fault({ typed, error }: { typed: string; error: Error }): ReactElement {
  const { line, column } = faultIn(error) ?? { line: 1, column: 1 };
  const given = typed.split("\n")[line - 1] ?? "";
  const before = Array.from(given).slice(0, column - 1).join("");
  return (
    <div className={classes.fault}>
      {/* The letters before it, unseen, so that the mark stands where it should whatever they are. */}
      <pre aria-hidden="true">
        <span style={{ visibility: "hidden" }}>{before}</span>^
      </pre>
      <p>{error.message}</p>
    </div>
  );
}

/** What the registry says to the typed filter alone, asked only when all of it together was refused. */
export function useFault(typed: string, refused: Error | null): Error | null {
  const { error } = useQuery({
    queryKey: ["fault", typed],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/search/models", { params: { query: { filter: typed, limit: 1 } }, signal })),
    enabled: typed !== "" && faultIn(refused) !== null,
    retry: false,
  });
  return refused === null || faultIn(error) === null ? null : error;
}
