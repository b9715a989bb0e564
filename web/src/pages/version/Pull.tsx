import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { settingsQuery } from "../../api/settings";
import type { Version } from "../../api/types";
import { CopyCommand } from "../../parts/CopyCommand";
import { Section } from "../../parts/Page";
import { pullCommands, type PullCommand } from "./pull";

const LABELS: Record<PullCommand["key"], string> = { cli: "command to fetch it", python: "Python to fetch it", curl: "curl commands to fetch it" };

/** How this version's files are fetched: commands to copy, with this registry's address in them. */
export function Pull({ version }: { version: Version }): ReactElement {
  const [key, setKey] = useState<PullCommand["key"]>("cli");
  const { data: settings } = useQuery(settingsQuery);
  const commands = pullCommands(settings?.url ?? globalThis.location.origin, version.name, version.version, settings?.auth);
  const chosen = commands.find((command) => command.key === key);
  const ready = version.state === "ready";
  return (
    <Section id="pull" title="Fetch it">
      <SegmentedControl
        size="xs"
        aria-label="Way to fetch it"
        value={key}
        onChange={setKey}
        data={commands.map((command) => ({ value: command.key, label: command.label }))}
      />
      {chosen !== undefined && <CopyCommand command={chosen.text} label={LABELS[key]} />}
      <p className="dim">
        {ready ? told(key) : refused(version.state)}
      </p>
    </Section>
  );
}

function refused(state: string): string {
  if (state === "quarantined") return "While it is quarantined only a reviewer fetches it, as said above: this command is refused.";
  return `Nobody can fetch it while it is ${state}: the command is refused, and says why.`;
}

function told(key: PullCommand["key"]): string {
  if (key === "curl") return "Fetches the first page of files and checks no digest: resolved.json has them.";
  return "Every byte is checked against the digest before a file gets its name.";
}
