import type { ReactElement } from "react";
import type { Model } from "../../api/types";
import { AliasBadge, StageBadge } from "../../parts/Badges";
import { command } from "../../parts/commands";
import { exactTime } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { VersionLink } from "../../parts/Links";
import { Markdown } from "../../parts/Markdown";
import { Empty, Notice } from "../../parts/Notices";
import { Tags, UserText, When } from "../../parts/Words";
import { CopyCommand } from "../../parts/CopyCommand";
import { useRegistryUrl } from "../../parts/useRegistryUrl";
import classes from "./ModelPage.module.css";

const LONG = 900;

/** Below the name: whose it is, its tags, when it changed last. */
export function Byline({ model }: { model: Model }): ReactElement {
  return (
    <div className={classes.byline}>
      <span className={classes.owner}>
        <Icon name="person" /> {model.owner === "" ? "nobody owns it" : <UserText text={model.owner} />}
      </span>
      {Object.keys(model.tags).length > 0 && <Tags tags={model.tags} />}
      <span>
        changed <When time={model.updated_at} focusable />
      </span>
    </div>
  );
}

/** What stands where now, and what aliases stand for. */
export function Standing({ model }: { model: Model }): ReactElement {
  const stages = Object.entries({ production: [], ...model.stages });
  const aliases = Object.entries(model.aliases);
  return (
    <dl className={classes.standing} aria-label="What stands where">
      {stages.map(([stage, numbers]) => (
        <div key={stage}>
          <dt>
            <StageBadge stage={stage} />
          </dt>
          <dd>{numbers.length === 0 ? <span className="dim">nothing yet</span> : <Numbers name={model.name} numbers={numbers} />}</dd>
        </div>
      ))}
      {aliases.map(([alias, number]) => (
        <div key={`@${alias}`}>
          <dt>
            <AliasBadge alias={alias} />
          </dt>
          <dd>
            <VersionLink name={model.name} number={number} short />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Numbers({ name, numbers }: { name: string; numbers: readonly number[] }): ReactElement[] {
  return numbers.toReversed().map((number) => <VersionLink key={number} name={name} number={number} short />);
}

/** What its owner wrote about it. A long text is folded. */
export function Description({ text }: { text: string }): ReactElement | null {
  if (text.trim() === "") return null;
  if (text.length <= LONG) return <Markdown text={text} />;
  return (
    <details className={classes.details}>
      <summary>Description</summary>
      <Markdown text={text} />
    </details>
  );
}

/** Said where the model is deleted. */
export function Deleted({ model }: { model: Model }): ReactElement | null {
  const url = useRegistryUrl();
  if (model.deleted === null) return null;
  const until = Date.parse(model.deleted.purge_at);
  return (
    <Notice tone="bad" icon="bin" title="This model is deleted.">
      <p>It is out of use, and can be restored until {exactTime(until)}.</p>
      <CopyCommand command={command(url, "restore", model.name)} />
    </Notice>
  );
}

/** Said where the model has no versions. */
export function NoVersions({ name }: { name: string }): ReactElement {
  return (
    <Empty title="No version was pushed yet." command={command(useRegistryUrl(), "push", name, "model.joblib")}>
      <p className="dim">Push a file or a folder. It is listed here at once, and can be used when every byte is proven.</p>
    </Empty>
  );
}
