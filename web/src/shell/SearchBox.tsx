import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement, type SyntheticEvent } from "react";
import { Icon } from "../parts/icons";
import { destination } from "./destination";

export const SEARCH_ID = "search";

/** Goes to a version, or searches the models. The key / leads here. */
export function SearchBox(): ReactElement {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const to = destination(typed);
    if (to.kind === "nowhere") return;
    setTyped("");
    void (to.kind === "version"
      ? navigate({ to: "/models/$name/versions/$number", params: { name: to.name, number: to.number } })
      : navigate({ to: "/", search: { q: to.q } }));
  };
  return (
    <form role="search" onSubmit={submit}>
      <TextInput
        id={SEARCH_ID}
        type="search"
        size="sm"
        aria-label="Go to a version, or search the models"
        aria-keyshortcuts="/"
        placeholder="churn/3, or a name"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        leftSection={<Icon name="search" />}
        rightSection={<kbd aria-hidden="true">/</kbd>}
      />
    </form>
  );
}
