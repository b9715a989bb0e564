import { UnstyledButton } from "@mantine/core";
import { useEffect, useRef, type ReactElement } from "react";
import type { Lineage } from "../../api/types";
import { VersionLink } from "../../parts/Links";
import { BOX, drawLineage, nodeTitle, type Node, type Placed } from "./lineage";
import classes from "./Lineage.module.css";

const WORDS: Record<string, string> = { version: "version", base: "base outside", dataset: "data", commit: "code", run: "run" };
const WEB = /^https?:\/\//i;

interface LineageGraphProps {
  lineage: Lineage;
  open: ReadonlySet<number>;
  unfold: (column: number) => void;
}

/** The graph: lines are drawn, boxes are links that the keyboard reaches in reading order. */
export function LineageGraph({ lineage, open, unfold }: LineageGraphProps): ReactElement {
  const { boxes, lines, width, height } = drawLineage(lineage, open);
  const start = lineage.nodes[0]?.id;
  const scroller = useCentred(boxes.find(({ id }) => id === start)?.x ?? 0);
  return (
    // What scrolls must be reached by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={scroller} className={classes.scroller} role="region" aria-label="Lineage, from left to right" tabIndex={0}>
      <div className={classes.canvas} style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true" className={classes.lines}>
          {lines.map(({ from, to, relation }) => (
            <path key={`${from.id} ${to.id} ${relation}`} d={curve(from, to)} data-relation={relation} />
          ))}
        </svg>
        {boxes.map((box) => (
          <div key={box.id} className={classes.box} data-kind={box.node?.kind ?? "more"} data-here={box.id === start || undefined} style={{ left: box.x, top: box.y, width: BOX.width, height: BOX.height }}>
            {box.node === null ? (
              <UnstyledButton onClick={() => unfold(box.column)}>Show {box.hidden} more</UnstyledButton>
            ) : (
              <Box node={box.node} here={box.id === start} relation={lines.find(({ from, to }) => from.id === box.id && to.id === start)?.relation ?? ""} />
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function Box({ node, here, relation }: { node: Node; here: boolean; relation: string }): ReactElement {
  const kind = here ? "this version" : [WORDS[node.kind] ?? node.kind, relation, node.stage].filter(Boolean).join(" · ");
  return (
    <>
      <small>
        <bdi>{kind}</bdi>
      </small>
      {here ? <strong><bdi title={nodeTitle(node)}>{nodeTitle(node)}</bdi></strong> : <NodeName node={node} />}
    </>
  );
}

/** A thing of a lineage, leading to where it is: a version to its page, data and code to the web. */
export function NodeName({ node }: { node: Node | undefined }): ReactElement {
  if (node === undefined) return <span className="dim">something that is not shown</span>;
  const title = nodeTitle(node);
  const { uri } = node;
  if (node.kind === "version" && node.version != null) return <VersionLink name={node.name} number={node.version} />;
  const whole = [node.name, uri, node.digest].filter(Boolean).join(" · ");
  if (!WEB.test(uri)) return <bdi className={classes.name} title={whole}>{title}</bdi>;
  return (
    <a className={classes.name} href={uri} target="_blank" rel="noopener noreferrer nofollow" title={whole}>
      <bdi>{title}</bdi>
    </a>
  );
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [to.x, to.y + BOX.height / 2];
  const bend = Math.max(24, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Brings the version itself into sight where not everything is. */
function useCentred(x: number) {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = scroller.current;
    if (box !== null) box.scrollLeft = x - (box.clientWidth - BOX.width) / 2;
  }, [x]);
  return scroller;
}
