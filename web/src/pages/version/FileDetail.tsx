import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, type ReactElement } from "react";
import type { FileFindings } from "../../api/types";
import { bytes, count } from "../../parts/format";
import { Icon, type IconName } from "../../parts/icons";
import { DigestText } from "../../parts/Words";
import { factRows } from "./facts";
import type { FileRow } from "./fileRows";
import { without } from "./search";
import classes from "./version.module.css";

const SEVERITIES: Record<string, IconName> = { info: "dot", suspicious: "alert", malicious: "cross" };
const route = getRouteApi("/models/$name/versions/$number");

/** One file, looked into: its findings and what it says of itself. */
export function FileDetail({ row }: { row: FileRow }): ReactElement {
  const { file, findings } = row;
  const search = without(route.useSearch(), "file");
  const box = useRef<HTMLElement>(null);
  // The table may fill the window: what was chosen comes into sight below it.
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), [file.path]);
  return (
    <section ref={box} className={classes.paper} aria-label={`What is in ${file.path}`}>
      <div className={classes.detailTop}>
        <h3>
          <bdi>{file.path}</bdi>
        </h3>
        <Link from="/models/$name/versions/$number" to="." search={search} resetScroll={false} replace>
          close
        </Link>
      </div>
      <p className={classes.about}>
        <span>{bytes(file.size)}</span>
        <DigestText digest={file.digest} />
        <span>proven: {row.proof}</span>
        {file.parts.length > 0 && <span>{count(file.parts.length)} parts</span>}
      </p>
      {findings === null ? <p className="dim">Nobody looked into it.</p> : <Found findings={findings} />}
    </section>
  );
}

function Found({ findings }: { findings: FileFindings }): ReactElement {
  const facts = factRows(findings.facts);
  return (
    <>
      {findings.findings.length === 0 && <p>{findings.verdict === "" ? "Nobody looked into it." : "Nothing was found that speaks against it."}</p>}
      {findings.findings.length > 0 && (
        <ul className={classes.findings}>
          {findings.findings.map((finding, place) => (
            <li key={`${finding.rule} ${place}`} className={classes.tone} data-tone={toneOf(finding.severity)}>
              <Icon name={SEVERITIES[finding.severity] ?? "dot"} />
              <span>
                {finding.severity}: <code>{finding.rule}</code> <bdi>{finding.evidence}</bdi>
                <span className="dim">
                  {finding.member ? ` in ${finding.member}` : ""}
                  {finding.offset == null ? "" : ` at byte ${count(finding.offset)}`}
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {findings.unread.length > 0 && <p>Not read: {findings.unread.join("; ")}</p>}
      {facts.length > 0 && (
        <dl className={classes.pairs}>
          {facts.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

function toneOf(severity: string): string {
  return { malicious: "bad", suspicious: "warn" }[severity] ?? "plain";
}
