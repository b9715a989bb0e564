/** Where the issuer leads back to. */
export const RETURN = "/sign-in";

/** The address when it leads into this page, and else its beginning: nobody is led elsewhere after signing in. */
export function ownAddress(address: string): string {
  const { origin } = globalThis.location;
  if (!URL.canParse(address, origin)) return "/";
  const { origin: leads, pathname, search, hash } = new URL(address, origin);
  const own = leads === origin && !pathname.startsWith("//") && pathname !== RETURN;
  return own ? pathname + search + hash : "/";
}
