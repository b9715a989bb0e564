import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Section } from "../../parts/Page";
import classes from "./Models.module.css";

const FIELDS = "name, owner, author, description, tags.KEY, stage, alias, versions, created_at, updated_at";
const EXAMPLES = [
  "name LIKE 'churn%' AND versions > 3",
  "tags.team = 'growth' AND NOT stage = 'production'",
  "owner IN ('growth', 'risk') AND updated_at >= '2026-01-01'",
];

/** What a search may be made of, shown when one cannot be read. */
export function Grammar(): ReactElement {
  return (
    <Section id="grammar" title="What can be searched for">
      <p>
        Words alone are looked for in names. A condition is a field, an operator (<code>= != &lt; &lt;= &gt; &gt;= LIKE ILIKE IN</code>) and a
        text in quotes or a number; <code>AND</code>, <code>OR</code>, <code>NOT</code> and parentheses join them.
      </p>
      <p>
        Fields: <code>{FIELDS}</code>
      </p>
      <ul className={classes.examples}>
        {EXAMPLES.map((q) => (
          <li key={q}>
            <Link to="/" search={{ q }}>
              <code>{q}</code>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
