import type { ReactElement, ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { settingsQuery } from "../../api/settings";
import type { Version } from "../../api/types";
import { command } from "../../parts/commands";
import { CopyCommand } from "../../parts/CopyCommand";
import { actorName } from "../../parts/events";
import { Notice } from "../../parts/Notices";
import { When } from "../../parts/Words";
import classes from "./version.module.css";

/** What it means that a version is not ready, and what can be done about it. Nothing for one that is ready. */
export function StateNotice({ version }: { version: Version }): ReactElement | null {
  switch (version.state) {
    case "quarantined":
      return <Quarantined version={version} />;
    case "rejected":
      return <Rejected version={version} />;
    case "deleted":
      return <Deleted version={version} />;
    case "uploading":
      return <Waiting title="Its bytes are still to come.">Whoever pushes it goes on by the same command. It can be pulled once every byte is proven.</Waiting>;
    case "verifying":
      return <Waiting title="Its bytes are there, the proof is under way.">The verdict follows by itself.</Waiting>;
    default:
      return null;
  }
}

function Quarantined({ version }: { version: Version }): ReactElement {
  return (
    <Notice tone="warn" icon="lock" title="Quarantined: a reviewer has to judge what was found in its files.">
      <Refusal version={version} />
      <p>It cannot be pulled or moved until then. A reviewer looks at the files, and releases it or rejects it for good:</p>
      <Commands version={version} lines={[["pull", "REF", "./suspect", "--quarantined"], ["release", "REF", "--reason", "why it is harmless"], ["reject", "REF", "--reason", "why it is not"]]} />
    </Notice>
  );
}

function Rejected({ version }: { version: Version }): ReactElement {
  const { review } = version;
  return (
    <Notice tone="bad" icon="cross" title="Rejected: it can never be pulled or moved.">
      <Refusal version={version} />
      {review != null && (
        <p>
          <bdi title={review.by}>{actorName(review.by)}</bdi> decided so{review.reason === "" ? "." : ": "}
          {review.reason !== "" && <q>{review.reason}</q>}
        </p>
      )}
      <p>Mend the files and push them again: they become the next version. What was found is told by</p>
      <Commands version={version} lines={[["findings", "REF"]]} />
    </Notice>
  );
}

function Deleted({ version }: { version: Version }): ReactElement {
  const { deleted } = version;
  return (
    <Notice tone="warn" icon="bin" title="Deleted: it is out of use.">
      {deleted != null && (
        <p>
          <bdi title={deleted.by}>{actorName(deleted.by)}</bdi> deleted it <When time={deleted.at} focusable />. It can be restored for now, and is
          purged <When time={deleted.purge_at} focusable />. Until then it can be looked at.
        </p>
      )}
      <Commands version={version} lines={[["restore", "REF"]]} />
    </Notice>
  );
}

function Waiting({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <Notice icon="clock" title={title}>
      <p>{children}</p>
    </Notice>
  );
}

function Refusal({ version }: { version: Version }): ReactElement | null {
  if (version.refusal.length === 0) return null;
  return (
    <ul className={classes.reasons}>
      {version.refusal.map((reason) => (
        <li key={reason}>
          <bdi>{reason}</bdi>
        </li>
      ))}
    </ul>
  );
}

/** Commands about this version; REF stands for its reference. */
function Commands({ version, lines }: { version: Version; lines: string[][] }): ReactElement {
  const { data: settings } = useQuery(settingsQuery);
  const url = settings?.url ?? globalThis.location.origin;
  const reference = `${version.name}/${version.version}`;
  return (
    <>
      {lines.map((words) => {
        const text = command(url, ...words.map((word) => (word === "REF" ? reference : word)));
        return <CopyCommand key={text} command={text} label={`command to ${words[0] ?? ""}`} />;
      })}
    </>
  );
}
