import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement, type SyntheticEvent } from "react";
import { api, ask } from "../../api/client";
import { numbered, typedReference } from "./columns";
import { useCompareSearch } from "./useCompareSearch";
import classes from "./compare.module.css";

/** Adds a version by its reference. One that is not there is refused here, and the comparison stays as it is. */
export function AddVersion({ refs }: { refs: readonly string[] }): ReactElement {
  const [typed, setTyped] = useState("");
  const { change } = useCompareSearch();
  const find = useMutation({
    mutationFn: findReference,
    onSuccess: (reference) => {
      setTyped("");
      if (!refs.includes(reference)) change({ refs: [...refs, reference] });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (typed.trim() !== "") find.mutate(typedReference(typed));
  };
  return (
    <form className={classes.add} onSubmit={submit} aria-label="Add a version">
      <TextInput
        aria-label="Reference of a version to add"
        placeholder="churn/3, churn@champion, churn/production"
        value={typed}
        error={find.error === null ? null : find.error.message}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          find.reset();
        }}
      />
      <Button type="submit" variant="default" loading={find.isPending}>
        Add
      </Button>
    </form>
  );
}

/** NAME/NUMBER of what a reference stands for now, so that the link says the same tomorrow. */
async function findReference(reference: string): Promise<string> {
  const path = numbered(reference);
  if (path !== null) {
    const version = await ask(api.GET("/v1/models/{name}/versions/{number}", { params: { path } }));
    return `${version.name}/${version.version}`;
  }
  const { version } = await ask(api.GET("/v1/resolve", { params: { query: { ref: reference } } }));
  return `${version.name}/${version.version}`;
}
