import { TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement, type SyntheticEvent } from "react";
import { api, ask } from "../api/client";
import { Icon } from "../parts/icons";
import { destination, nameIn } from "./destination";
import { useKeySwitch } from "./keySwitch";
import classes from "./SearchBox.module.css";

export const SEARCH_ID = "search";
const SAID_ID = "search-said";

/** Goes to a version, or searches the models. The key / leads here. */
export function SearchBox(): ReactElement {
  const [typed, setTyped] = useState("");
  const [keys] = useKeySwitch();
  const { go, search, resolving } = useGoing(() => setTyped(""));
  const failed = resolving.isError;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    go(typed);
  };
  return (
    <form role="search" onSubmit={submit} className={classes.form} aria-busy={resolving.isPending}>
      <TextInput
        id={SEARCH_ID}
        type="search"
        size="sm"
        aria-label="Go to a version, or search the models"
        {...(keys ? { "aria-keyshortcuts": "/", rightSection: <kbd aria-hidden="true">/</kbd> } : {})}
        aria-describedby={failed ? SAID_ID : undefined}
        placeholder="churn/3, churn/production, or a name"
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          resolving.reset();
        }}
        leftSection={<Icon name="search" />}
      />
      {failed && (
        <div id={SAID_ID} role="alert" className={classes.said}>
          <p>
            <bdi>{resolving.variables}</bdi> leads to no version: {resolving.error.message}
          </p>
          <button type="button" className={classes.instead} onClick={() => search(nameIn(resolving.variables))}>
            Search the models for <bdi>{nameIn(resolving.variables)}</bdi>
          </button>
        </div>
      )}
    </form>
  );
}

/** Goes where a typed text leads; what is a reference is asked for first. `left` is called when it went. */
function useGoing(left: () => void) {
  const navigate = useNavigate();
  const toVersion = (name: string, number: number): void => {
    left();
    void navigate({ to: "/models/$name/versions/$number", params: { name, number } });
  };
  const resolving = useMutation({
    mutationFn: (ref: string) => ask(api.GET("/v1/resolve", { params: { query: { ref } } })),
    onSuccess: ({ version }) => toVersion(version.name, version.version),
  });
  const search = (q: string): void => {
    left();
    resolving.reset();
    void navigate({ to: "/", search: { q } });
  };
  const go = (typed: string): void => {
    const to = destination(typed);
    if (to.kind === "version") toVersion(to.name, to.number);
    if (to.kind === "reference") resolving.mutate(to.ref);
    if (to.kind === "models") search(to.q);
  };
  return { go, search, resolving };
}
