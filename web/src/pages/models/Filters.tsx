import { Autocomplete, NativeSelect, TagsInput, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState, type ReactElement, type ReactNode } from "react";
import type { Model } from "../../api/types";
import classes from "./Filters.module.css";
import type { ModelsSearch } from "./search";

const STAGES = [
  { value: "", label: "any stage" },
  { value: "production", label: "in production" },
  { value: "staging", label: "in staging" },
];
const PAUSE = 250;
const MOST_OFFERED = 50;

interface FiltersProps {
  search: ModelsSearch;
  /** What is on screen, of which owners and tags are offered. */
  models: Model[];
  fault: ReactNode;
  onChange: (change: { [K in keyof ModelsSearch]: ModelsSearch[K] | undefined }) => void;
}

/** The search in the registry's grammar, and beside it what is asked for most. Any other owner or tag can be typed. */
export function Filters({ search, models, fault, onChange }: FiltersProps): ReactElement {
  return (
    <div className={classes.filters}>
      <Grammar key="q" value={search.q ?? ""} fault={fault} onChange={(q) => onChange({ q })} />
      <NativeSelect
        aria-label="Stage in which a version stands"
        data={STAGES}
        value={search.stage ?? ""}
        onChange={(event) => onChange({ stage: event.currentTarget.value })}
      />
      <Autocomplete
        aria-label="Owner"
        placeholder="any owner"
        clearable
        data={offered(models.map((model) => model.owner))}
        value={search.owner ?? ""}
        onChange={(owner) => onChange({ owner })}
      />
      <div>
      <TagsInput
        aria-label="Tags"
        placeholder={search.tag === undefined ? "any tag: team=growth" : ""}
        data={offered(models.flatMap((model) => Object.entries(model.tags).map(([key, value]) => `${key}=${value}`)))}
        value={search.tag ?? []}
        splitChars={[]}
        onChange={(tag) => onChange({ tag })}
      />
      </div>
    </div>
  );
}

/** Searches when typing pauses. What the address holds wins when it changes by other means. */
function Grammar({ value, fault, onChange }: { value: string; fault: ReactNode; onChange: (q: string) => void }): ReactElement {
  const [typed, setTyped] = useState(value);
  const [settled, setSettled] = useState(value);
  const later = useDebouncedCallback(onChange, PAUSE);
  if (value !== settled) {
    setSettled(value);
    if (value !== typed.trim()) setTyped(value);
  }
  return (
    <div className={classes.grammar}>
      <TextInput
        aria-label="Search the models"
        aria-describedby="filter-fault"
        placeholder="a name, or: owner = 'growth' AND versions > 3"
        classNames={{ input: classes.typed ?? "" }}
        error={fault !== null}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        maxLength={8000}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          later(event.currentTarget.value.trim());
        }}
      />
      <div id="filter-fault" role="status">
        {fault}
      </div>
    </div>
  );
}

function offered(values: string[]): string[] {
  return [...new Set(values)].filter((value) => value !== "").sort().slice(0, MOST_OFFERED);
}
