import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { attestationsQuery } from "../../api/queries";
import { settingsQuery } from "../../api/settings";
import type { Attestation, Version } from "../../api/types";
import { command } from "../../parts/commands";
import { counted } from "../../parts/format";
import { LoadingRows } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { Size, UserText, When } from "../../parts/Words";
import { verdictOf } from "./attested";
import classes from "./Evaluations.module.css";

/** Signatures and provenance that are kept with a version, each with what it is worth and why. */
export function Signatures({ version }: { version: Version }): ReactElement {
  const path = { name: version.name, number: version.version };
  const kept = useQuery(attestationsQuery(path));
  const { data: settings } = useQuery(settingsQuery);
  const url = settings?.url ?? globalThis.location.origin;
  return (
    <Section id="signatures" title="Signatures and provenance">
      {kept.isPending && <LoadingRows rows={2} label="Loading the signatures" />}
      {kept.isLoadingError && <ProblemNotice what="The signatures cannot be shown" error={kept.error} retry={() => void kept.refetch()} />}
      {kept.data?.items.length === 0 && (
        <Empty title="Nobody signed it yet." command={command(url, "attest", `${path.name}/${path.number}`, "--signature", "model.sig")}>
          <p className="dim">A signature says who vouches for these files; provenance says where they were made:</p>
        </Empty>
      )}
      {kept.data?.items.map((one) => <Kept key={one.id} one={one} />)}
    </Section>
  );
}

function Kept({ one }: { one: Attestation }): ReactElement {
  const title = one.kind === "signature" ? "Signature" : "Provenance";
  return (
    <article className={classes.report} aria-label={`${title} ${one.id}: ${one.verdict}`}>
      <div className={classes.top}>
        <h3>
          {title}: {verdictOf(one.verdict)}
        </h3>
        <span className="dim">
          added <When time={one.added_at} focusable /> by <UserText text={one.added_by} />
        </span>
      </div>
      {one.why.length > 0 && (
        <ul>
          {one.why.map((why) => (
            <li key={why}>
              <bdi>{why}</bdi>
            </li>
          ))}
        </ul>
      )}
      <dl className={classes.metrics}>
        {factsOf(one).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={classes.words}>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      <span>
        {one.download === null ? <UserText text={one.path} /> : <a href={one.download.url} download rel="noopener noreferrer"><UserText text={one.path} /></a>}{" "}
        <span className="dim">{one.withheld ? "withheld: an inspection found it not clean" : one.download === null ? "its bytes are still to come" : <Size value={one.size} />}</span>
      </span>
    </article>
  );
}

/** What is known of it, of which some is empty for most. */
function factsOf(one: Attestation): [string, string][] {
  const files = Object.entries(one.files).map(([word, number]) => `${counted(number, "file")} ${word}`);
  const all: [string, string][] = [
    ["signer", one.by],
    ["identity", one.identity],
    ["covers", files.join(", ")],
    ["built by", one.builder],
    ["kind of build", one.build_type],
    ["source", one.source],
  ];
  return all.filter(([, value]) => value !== "");
}
