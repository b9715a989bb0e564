import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, type MouseEvent, type ReactElement } from "react";
import { writeQuery } from "../../address";
import { filesQuery, findingsQuery, flatten } from "../../api/queries";
import type { Version } from "../../api/types";
import { useNow } from "../../parts/clock";
import { count, shortDigest } from "../../parts/format";
import { Icon, type IconName } from "../../parts/icons";
import { LoadingRows } from "../../parts/Loading";
import { Empty, ProblemNotice } from "../../parts/Notices";
import { Section } from "../../parts/Page";
import { VirtualTable, type Column } from "../../parts/VirtualTable";
import { Size, UserText } from "../../parts/Words";
import { FileDetail } from "./FileDetail";
import { fileRows, isFresh, type FileRow } from "./fileRows";
import classes from "./version.module.css";

const route = getRouteApi("/models/$name/versions/$number");
const ICONS: Record<FileRow["tone"], IconName> = { good: "check", warn: "alert", bad: "cross", plain: "dot" };

/** A version's files: what each is, its proof, what was found in it; and the one that is looked into. */
export function Files({ version }: { version: Version }): ReactElement {
  const { file: chosen } = route.useSearch();
  const { files, findings, rows, more } = useFiles(version);
  const row = rows.find(({ file }) => file.path === chosen);
  // The file of the address may be on a later page, and so may what was found in it.
  const sought = chosen !== undefined && (row === undefined ? files.hasNextPage : row.findings === null && findings.hasNextPage);
  const stuck = files.isFetchNextPageError || (row !== undefined && findings.isFetchNextPageError);
  useEffect(() => {
    if (sought && !stuck) more();
  }, [sought, stuck, more, rows]);
  if (files.isLoadingError) return <ProblemNotice what="The files cannot be shown" error={files.error} retry={() => void files.refetch()} />;
  return (
    <Section id="files" title="Files" actions={<Renew rows={rows} renew={() => void files.refetch()} />}>
      {findings.isLoadingError && <ProblemNotice what="What was found in the files cannot be shown" error={findings.error} retry={() => void findings.refetch()} />}
      {files.isPending && <LoadingRows rows={Math.min(version.file_count, 12)} label="Loading the files" />}
      {files.isSuccess && rows.length === 0 && <Empty title="It has no files." />}
      {rows.length > 0 && (
        <VirtualTable
          label={`Files of ${version.name}/${version.version}`}
          columns={COLUMNS}
          rows={rows}
          rowKey={keyOf}
          total={version.file_count + 1}
          onEnd={more}
          maxHeight="60dvh"
          selected={({ file }) => file.path === chosen}
          foot={`${count(rows.length)} of ${count(version.file_count)} files. Choose one to see what is in it.`}
        />
      )}
      {row !== undefined && (!sought || stuck) && <FileDetail row={row} />}
      {chosen !== undefined && row === undefined && rows.length > 0 && <Sought path={chosen} read={rows.length} of={version.file_count} />}
      {findings.isFetchNextPageError && <ProblemNotice what="Not all that was found can be shown" error={findings.error} retry={() => void findings.fetchNextPage()} />}
      {files.isFetchNextPageError && <ProblemNotice what="Not all files can be shown" error={files.error} retry={() => void files.fetchNextPage()} />}
    </Section>
  );
}

/** The file of the address is none of those that came: whether it may still come. */
function Sought({ path, read, of }: { path: string; read: number; of: number }): ReactElement {
  return (
    <p className="dim" role="status">
      {read < of ? <>Looking for <UserText text={path} /> in the files that are not read yet …</> : "It has no file of the name in this address."}
    </p>
  );
}

function useFiles(version: Version) {
  const path = { name: version.name, number: version.version };
  // Pages that came stay as they are; comparing thousands of files in depth with themselves takes long.
  const files = useInfiniteQuery({ ...filesQuery(path), structuralSharing: false });
  const findings = useInfiniteQuery({ ...findingsQuery(path), structuralSharing: false });
  const { fetchNextPage: moreFiles, hasNextPage: hasFiles, isFetching: fetchingFiles } = files;
  const { fetchNextPage: moreFindings, hasNextPage: hasFindings, isFetching: fetchingFindings } = findings;
  const more = useCallback(() => {
    if (hasFiles && !fetchingFiles) void moreFiles();
    if (hasFindings && !fetchingFindings) void moreFindings();
  }, [moreFiles, hasFiles, fetchingFiles, moreFindings, hasFindings, fetchingFindings]);
  const rows = useMemo(() => fileRows(version, flatten(files.data), flatten(findings.data)), [version, files.data, findings.data]);
  return { files, findings, more, rows };
}

const keyOf = ({ file }: FileRow): string => file.path;

const COLUMNS: Column<FileRow>[] = [
  { key: "path", header: "Path", width: "minmax(150px, 1fr)", cell: ({ file }) => <PathLink path={file.path} /> },
  { key: "size", header: "Size", width: "100px", align: "end", cell: ({ file }) => <Size value={file.size} /> },
  { key: "format", header: "Format", width: "120px", cell: ({ findings }) => <UserText text={findings?.format ?? ""} /> },
  { key: "found", header: "Inspected", width: "150px", cell: (row) => <Found row={row} /> },
  { key: "proof", header: "Proven", width: "130px", cell: ({ proof }) => <Proof proof={proof} /> },
  { key: "digest", header: "Digest", width: "210px", cell: ({ file }) => <DigestCell digest={file.digest} /> },
  { key: "get", header: "Download", width: "110px", cell: (row) => <Download row={row} /> },
];

/** A plain link: the router's own costs too much in a table that scrolls through thousands. */
function PathLink({ path }: { path: string }): ReactElement {
  const search = { ...route.useSearch(), file: path };
  const navigate = route.useNavigate();
  const choose = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void navigate({ search, replace: true, resetScroll: false });
  };
  return (
    <a href={writeQuery(search)} onClick={choose} className={classes.path}>
      <UserText text={path} />
    </a>
  );
}

/** A digest that a click copies, without the tooltip of its own that it has elsewhere: there may be thousands. */
function DigestCell({ digest }: { digest: string }): ReactElement {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <button type="button" className={classes.digest} title={digest} onClick={() => copy(digest)}>
      {shortDigest(digest)}
      <span className="sr-only">{copied ? " The digest is copied" : " Copy the digest"}</span>
      <Icon name={copied ? "check" : "copy"} size={12} />
    </button>
  );
}

function Found({ row }: { row: FileRow }): ReactElement {
  return (
    <span className={classes.tone} data-tone={row.tone}>
      <Icon name={ICONS[row.tone]} size={12} /> {row.verdict}
    </span>
  );
}

function Proof({ proof }: { proof: string }): ReactElement {
  const proven = proof !== "not yet";
  return (
    <span className={classes.tone} data-tone={proven ? "good" : "plain"}>
      <Icon name={proven ? "check" : "clock"} size={12} /> {proof}
    </span>
  );
}

/** A link to the bytes, which storage answers as an attachment; or that there is none now. */
function Download({ row }: { row: FileRow }): ReactElement {
  const now = useNow();
  const { download, path } = row.file;
  if (download === null) return <span className="dim">—</span>;
  if (!isFresh(row.file, now)) return <span className="dim">expired</span>;
  return (
    <a href={download.url} download rel="noopener noreferrer" aria-label={`Download ${path}`}>
      download
    </a>
  );
}

function Renew({ rows, renew }: { rows: readonly FileRow[]; renew: () => void }): ReactElement | null {
  const now = useNow();
  const old = rows.some(({ file }) => file.download !== null && !isFresh(file, now));
  if (!old) return null;
  return (
    <Button size="xs" variant="default" onClick={renew}>
      Renew the download links
    </Button>
  );
}
