import { Button, Checkbox, NativeSelect, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactElement, type SyntheticEvent } from "react";
import { api, ask, newIdempotencyKey } from "../../api/client";
import { modelQuery, versionQuery } from "../../api/queries";
import type { Transition, Version } from "../../api/types";
import { Icon } from "../../parts/icons";
import { Notice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { MoveRefused } from "./MoveRefused";
import { isStale } from "./refusals";
import { without } from "./search";
import classes from "./StageForm.module.css";

const STAGES = ["development", "staging", "production", "archived"];
const SERVING = new Set(["staging", "production"]);
const LONGEST = 2000;

const route = getRouteApi("/models/$name/versions/$number");

/** Moves a version to another stage. A refusal is explained right here, with what did not hold or what changed meanwhile. */
export function StageForm({ version }: { version: Version }): ReactElement {
  const form = useStageForm(version);
  const { stage, comment, replace, seen, send, done } = form;
  const box = useFocusOnOpen();
  return (
    <Section id="move" title={`Move ${version.name}/${version.version} to another stage`}>
      <form ref={box} className={classes.form} onSubmit={form.submit}>
        <NativeSelect label="Stage" value={stage} onChange={(event) => form.setStage(event.currentTarget.value)} data={optionsOf(seen, stage)} />
        <Standing version={seen} stage={stage} replace={replace} />
        <Textarea
          label="Comment"
          description="Why: it is kept in the journal for good, and who follows the model is told."
          rows={2}
          maxLength={LONGEST}
          value={comment}
          onChange={(event) => form.setComment(event.currentTarget.value)}
        />
        {SERVING.has(stage) && <Checkbox label={`Replace whoever stands in ${stage}: they go to archived`} checked={replace} onChange={(event) => form.setReplace(event.currentTarget.checked)} />}
        <div className={classes.buttons}>
          <Button type="submit" size="sm" loading={send.isPending} disabled={stage === "" || stage === seen.stage}>
            {stage === "" ? "Move it" : `Move it to ${stage}`}
          </Button>
          <Button size="sm" variant="default" onClick={form.close}>
            {done ? "Close" : "Cancel"}
          </Button>
        </div>
        {send.error !== null && <MoveRefused error={send.error} seen={seen} again={form.goOn} />}
        {done && (
          <Notice tone="good" icon="check" title={`It stands in ${seen.stage} now.`}>
            <p>The move is in the journal.</p>
          </Notice>
        )}
        {stage === seen.stage && !done && (
          <p className="dim">
            <Icon name="dot" /> It stands in {stage} already: choose another stage.
          </p>
        )}
      </form>
    </Section>
  );
}

/** The stages; nothing is chosen until somebody does, where a wrong move would take it out of service. */
function optionsOf(seen: Version, stage: string): { value: string; label: string }[] {
  const stages = STAGES.map((name) => ({ value: name, label: name === seen.stage ? `${name} (now)` : name }));
  return stage === "" ? [{ value: "", label: "Choose a stage" }, ...stages] : stages;
}

/** Who else stands in the stage that serves, and what becomes of them. */
function Standing({ version, stage, replace }: { version: Version; stage: string; replace: boolean }): ReactElement | null {
  const model = useQuery(modelQuery(version.name));
  if (!SERVING.has(stage) || stage === version.stage) return null;
  if (model.isLoadingError) return <p className="dim">Who stands in {stage} now could not be read.</p>;
  if (model.data === undefined) return null;
  const there = (model.data.stages[stage] ?? []).filter((number) => number !== version.version);
  return <p className="dim">{standingWords(there, stage, replace)}</p>;
}

function standingWords(there: readonly number[], stage: string, replace: boolean): string {
  if (there.length === 0) return `Nobody stands in ${stage} now.`;
  const one = there.length === 1;
  const who = `${there.join(", ")} ${one ? "stands" : "stand"} in ${stage}`;
  if (replace) return `${who}; ${one ? "it goes" : "they go"} to archived.`;
  return `${who}; ${one ? "it stays" : "they stay"} there too unless ${one ? "it is" : "they are"} replaced.`;
}

function useStageForm(version: Version) {
  const [seen, setSeen] = useState(version);
  const [stage, setStage] = useState(SERVING.has(version.stage) ? "" : nextStage(version.stage));
  const [comment, setComment] = useState("");
  const [replace, setReplace] = useState(false);
  const [done, setDone] = useState(false);
  const navigate = route.useNavigate();
  const send = useMove(seen, (moved) => {
    setSeen(moved);
    setDone(true);
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setDone(false);
    send.mutate({ stage, comment, replace: replace && SERVING.has(stage) });
  };
  const change = <T,>(set: (value: T) => void) => (value: T): void => {
    set(value);
    setDone(false);
    send.reset();
  };
  const goOn = (now: Version): void => {
    setSeen(now);
    send.reset();
  };
  const close = (): void => void navigate({ search: (now) => without(now, "move"), resetScroll: false, replace: true });
  return {
    seen, stage, comment, replace, done, send, submit, goOn, close,
    setStage: change(setStage), setComment: change(setComment), setReplace: change(setReplace),
  };
}

/** Sends the move, with a key of its own for what is asked: the same again gets the same answer. */
function useMove(seen: Version, moved: (version: Version) => void) {
  const queries = useQueryClient();
  const key = useRef<{ of: string; key: string }>(null);
  return useMutation({
    mutationFn: (body: Transition) => {
      const asked = JSON.stringify([body, seen.revision]);
      if (key.current?.of !== asked) key.current = { of: asked, key: newIdempotencyKey() };
      const header = { "Idempotency-Key": key.current.key, "If-Match": `"${seen.revision}"` };
      const path = { name: seen.name, number: seen.version };
      return ask(api.POST("/v1/models/{name}/versions/{number}/transitions", { params: { path, header }, body }));
    },
    onSuccess: (version) => {
      queries.setQueryData(versionQuery({ name: version.name, number: version.version }).queryKey, version);
      moved(version);
      void queries.invalidateQueries({ queryKey: ["model", version.name] });
      for (const list of ["models", "versions", "events"]) void queries.invalidateQueries({ queryKey: [list] });
    },
    onError: (error) => {
      key.current = isStale(error) ? null : key.current;
    },
  });
}

function nextStage(stage: string): string {
  return STAGES[STAGES.indexOf(stage) + 1] ?? "development";
}

function useFocusOnOpen() {
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => box.current?.querySelector("select")?.focus(), []);
  return box;
}
