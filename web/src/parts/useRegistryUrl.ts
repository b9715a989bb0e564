import { useQuery } from "@tanstack/react-query";
import { settingsQuery } from "../api/settings";

/** The address that commands use: as the registry says it, and the page's own until it has. */
export function useRegistryUrl(): string {
  const { data } = useQuery(settingsQuery);
  return data?.url ?? globalThis.location.origin;
}
