/** What the place that serves this page says about itself, in /config.json. */
import { queryOptions } from "@tanstack/react-query";
import { Unreachable } from "./problems";

export interface Settings {
  auth: "none" | "token" | "oidc";
  /** The address that commands use, where it is not the page's own. */
  url?: string;
  issuer?: string;
  clientId?: string;
  /** What the issuer is asked for; `openid` unless it is said. */
  scope?: string;
}

const NONE: Settings = { auth: "none" };

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: readSettings,
  staleTime: Number.POSITIVE_INFINITY,
});

/** What /config.json says. */
export async function readSettings(): Promise<Settings> {
  const response = await fetch("/config.json").catch((error: unknown) => {
    throw new Unreachable(error);
  });
  if (response.status === 404) return NONE;
  if (!response.ok) throw new Error(`config.json was answered with status ${response.status}`);
  return (await response.json()) as Settings;
}

