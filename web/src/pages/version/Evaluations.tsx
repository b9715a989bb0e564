import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { attachmentsQuery, evaluationsQuery, flatten } from "../../api/queries";
import { settingsQuery } from "../../api/settings";
import type { Attachment, Evaluation, Version } from "../../api/types";
import { command } from "../../parts/commands";
import { LoadingBlock, LoadingRows } from "../../parts/Loading";
import { Markdown } from "../../parts/Markdown";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { MetricValue, Size, UserText, When } from "../../parts/Words";
import classes from "./Evaluations.module.css";

/** What browsers draw of bytes without a type; of SVG they do not. */
const PICTURE = /\.(png|jpe?g|gif|webp|avif)$/i;
const WEB = /^https?:\/\//i;

/** The reports on a version, newest first, with their plots. */
export function Evaluations({ version }: { version: Version }): ReactElement {
  const path = { name: version.name, number: version.version };
  const reports = useInfiniteQuery(evaluationsQuery(path));
  const { data: settings } = useQuery(settingsQuery);
  const shown = flatten(reports.data);
  const url = settings?.url ?? globalThis.location.origin;
  return (
    <Section id="evaluations" title="Evaluations">
      {reports.isPending && <LoadingRows rows={4} label="Loading the evaluations" />}
      {reports.isLoadingError && <ProblemNotice what="The evaluations cannot be shown" error={reports.error} retry={() => void reports.refetch()} />}
      {reports.isSuccess && shown.length === 0 && (
        <Empty title="Nobody evaluated it yet." command={command(url, "evaluate", `${path.name}/${path.number}`, "--dataset", "holdout", "--split", "test", "--metric", "auc=0.93")}>
          <p className="dim">A report says how well it does, on which data, and who found out:</p>
        </Empty>
      )}
      {shown.map((report) => (
        <Report key={report.id} version={version} report={report} />
      ))}
      {reports.hasNextPage && (
        <Button size="xs" variant="default" loading={reports.isFetchingNextPage} onClick={() => void reports.fetchNextPage()}>
          Show earlier reports
        </Button>
      )}
    </Section>
  );
}

function Report({ version, report }: { version: Version; report: Evaluation }): ReactElement {
  const data = [report.dataset, report.split].filter((word) => word !== "").join(", ");
  const title = data === "" ? "On data that nobody named" : `On ${data}`;
  return (
    <article className={classes.report} aria-label={`Report ${report.id}: ${title}`}>
      <div className={classes.top}>
        <h3>
          <bdi>{title}</bdi>
          {report.slice !== "" && (
            <>
              {" "}
              · slice <bdi>{report.slice}</bdi>
            </>
          )}
        </h3>
        <span className="dim">
          <When time={report.created_at} focusable /> by <UserText text={report.evaluator || report.created_by} />
        </span>
      </div>
      <dl className={classes.metrics}>
        {Object.entries(report.metrics).map(([name, { value, unit, direction }]) => (
          <div key={name}>
            <dt>
              <UserText text={name} />
            </dt>
            <dd>
              <MetricValue value={value} unit={unit} />
              {direction !== null && <small className="dim">{direction} is better</small>}
            </dd>
          </div>
        ))}
      </dl>
      {report.comment !== "" && <Markdown text={report.comment} />}
      <Run run={report.run} />
      {report.attachments.length > 0 && <Attachments version={version} report={report} />}
    </article>
  );
}

function Run({ run }: { run: Evaluation["run"] }): ReactElement | null {
  const words = [run.system, run.id].filter((word) => word !== "").join(" ");
  if (words === "" && run.url === "") return null;
  const text = words === "" ? run.url : words;
  return (
    <p className="dim">
      Run: {WEB.test(run.url) ? <a href={run.url} target="_blank" rel="noopener noreferrer nofollow"><bdi>{text}</bdi></a> : <bdi>{text}</bdi>}
    </p>
  );
}

/** Files kept with a report: pictures are shown as pictures and as nothing else, and everything can be fetched. */
function Attachments({ version, report }: { version: Version; report: Evaluation }): ReactElement {
  const files = useQuery({ ...attachmentsQuery({ name: version.name, number: version.version }, report.id), staleTime: 10 * 60_000 });
  if (files.isLoadingError) return <ProblemNotice what="The attached files cannot be shown" error={files.error} retry={() => void files.refetch()} />;
  if (files.data === undefined) return <LoadingBlock height={220} label="Loading the attached files" />;
  return (
    <ul className={classes.attachments}>
      {files.data.items.map((file) => (
        <li key={file.path}>
          <Attached file={file} />
        </li>
      ))}
    </ul>
  );
}

function Attached({ file }: { file: Attachment }): ReactElement {
  const { download } = file;
  const [broken, setBroken] = useState<string>();
  const drawn = download !== null && PICTURE.test(file.path) && broken !== download.url;
  return (
    <figure>
      {drawn && <img src={download.url} alt={`Attached: ${file.path}`} loading="lazy" onError={() => setBroken(download.url)} />}
      <figcaption>
        {download === null ? <UserText text={file.path} /> : <a href={download.url} download rel="noopener noreferrer"><UserText text={file.path} /></a>}{" "}
        <span className="dim">{file.withheld ? "withheld: an inspection found it not clean" : download === null ? "its bytes are still to come" : <Size value={file.size} />}</span>
      </figcaption>
    </figure>
  );
}
