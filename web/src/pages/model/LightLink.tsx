import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactElement } from "react";

/** A version's number, leading to its page, for tables of thousands: the router's own links watch every change of the address. */
export function LightLink({ name, number }: { name: string; number: number }): ReactElement {
  const router = useRouter();
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    void router.navigate({ to: "/models/$name/versions/$number", params: { name, number } });
  };
  return (
    <a href={`/models/${encodeURIComponent(name)}/versions/${number}`} onClick={follow}>
      {number}
    </a>
  );
}
