import { Link } from "@tanstack/react-router";
import type { ReactElement, ReactNode } from "react";
import { UserText } from "./Words";

/** A model's name, leading to its page. */
export function ModelLink({ name, children }: { name: string; children?: ReactNode }): ReactElement {
  return (
    <Link to="/models/$name" params={{ name }}>
      {children ?? <UserText text={name} />}
    </Link>
  );
}

/** A version as NAME/NUMBER, or only its number where the model is known, leading to its page. */
export function VersionLink({ name, number, short = false }: { name: string; number: number; short?: boolean }): ReactElement {
  return (
    <Link to="/models/$name/versions/$number" params={{ name, number }}>
      {short ? number : <UserText text={`${name}/${number}`} />}
    </Link>
  );
}
