/**
 * Signing in at an OpenID Connect issuer: Authorization Code with PKCE (RFC 9700), as a public client. Loaded when it is needed.
 * What the issuer says is checked by oauth4webapi: state, nonce, issuer, audience, times, and the ID token's signature.
 */
import * as oauth from "oauth4webapi";
import { ownAddress, RETURN } from "./ownAddress";
import type { Renewal } from "./session";
import type { Settings } from "./settings";
import { forget, recall, remember } from "./tabStorage";

const KEY = "modelyard.signing-in";
// eslint-disable-next-line @typescript-eslint/no-deprecated -- on one's own machine there is no TLS, and nobody in between
const WITHOUT_TLS = oauth.allowInsecureRequests;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** What is remembered while the person is at the issuer. */
interface Errand {
  state: string;
  nonce: string;
  verifier: string;
  back: string;
}

export interface SignedIn {
  token: string;
  renewal: Renewal;
}

interface Issuer {
  server: oauth.AuthorizationServer;
  client: oauth.Client;
  options: { [WITHOUT_TLS]: boolean };
}

/** Signing in did not work; the message says why, in words for the person. */
export class SignInFailed extends Error {
  override readonly name = "SignInFailed";
}

/** Leads to the issuer, which leads back to /sign-in. `back` is where the person is. */
export async function begin(settings: Settings, back: string): Promise<void> {
  const { server, client, options } = await told(discover(settings));
  const errand: Errand = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    back: ownAddress(back),
  };
  if (!remember(KEY, JSON.stringify(errand))) {
    throw new SignInFailed("This browser forbids the page to remember anything while you are at the issuer. Allow it to store data.");
  }
  const door = endpoint(server.authorization_endpoint, options[WITHOUT_TLS]);
  const asked = {
    client_id: client.client_id,
    redirect_uri: returnAddress(),
    response_type: "code",
    scope: settings.scope ?? "openid",
    code_challenge: await oauth.calculatePKCECodeChallenge(errand.verifier),
    code_challenge_method: "S256",
    state: errand.state,
    nonce: errand.nonce,
  };
  for (const [name, value] of Object.entries(asked)) door.searchParams.set(name, value);
  globalThis.location.assign(door);
}

/** Where the person was before they went to the issuer: an address of this page, whatever storage says. */
export function whereFrom(): string {
  return ownAddress(errandOf(recall(KEY))?.back ?? "/");
}

/** What the issuer's answer, the query of /sign-in, is worth. An answer can be used once. */
export async function finish(settings: Settings, answer: URLSearchParams): Promise<SignedIn> {
  const errand = errandOf(recall(KEY));
  if (errand === null || errand.state === "") {
    throw new SignInFailed("This tab did not ask the issuer for that answer. Sign in from here.");
  }
  // Where the person was is kept for the next attempt; state, nonce and verifier are spent.
  remember(KEY, JSON.stringify({ ...errand, state: "", nonce: "", verifier: "" }));
  const signedIn = await told(exchange(await told(discover(settings)), errand, answer));
  forget(KEY);
  return signedIn;
}

/** A new token for a refresh token. */
export async function refreshed(settings: Settings, refresh: string): Promise<SignedIn> {
  const { server, client, options } = await discover(settings);
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, options);
  const given = await oauth.processRefreshTokenResponse(server, client, response);
  if (given.id_token !== undefined) await oauth.validateApplicationLevelSignature(server, response, options);
  return signedInBy({ refresh_token: refresh, ...given });
}

/** Tells the issuer that a refresh token is done with, where it takes that. */
export async function revoke(settings: Settings, refresh: string): Promise<void> {
  const { server, client, options } = await discover(settings);
  if (server.revocation_endpoint === undefined) return;
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, oauth.None(), refresh, options));
}

async function discover({ issuer = "", clientId = "" }: Settings): Promise<Issuer> {
  const address = new URL(issuer);
  const options = { [WITHOUT_TLS]: LOOPBACK.test(address.hostname) };
  const server = await oauth.processDiscoveryResponse(address, await oauth.discoveryRequest(address, options));
  return { server, client: { client_id: clientId }, options };
}

async function exchange({ server, client, options }: Issuer, errand: Errand, answer: URLSearchParams): Promise<SignedIn> {
  const valid = oauth.validateAuthResponse(server, client, answer, errand.state);
  const none = oauth.None();
  const response = await oauth.authorizationCodeGrantRequest(server, client, none, valid, returnAddress(), errand.verifier, options);
  const checks = { expectedNonce: errand.nonce, requireIdToken: true };
  const given = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
  await oauth.validateApplicationLevelSignature(server, response, options);
  return signedInBy(given);
}

/** The registry takes JWTs: the access token where it is one, else the ID token. */
function signedInBy(given: oauth.TokenEndpointResponse): SignedIn {
  const id = given.id_token;
  const token = isJwt(given.access_token) || id === undefined ? given.access_token : id;
  const seconds = token === id ? endOf(id) - Date.now() / 1000 : given.expires_in;
  const ends = seconds === undefined || Number.isNaN(seconds) ? null : Date.now() + seconds * 1000;
  return { token, renewal: { refresh: given.refresh_token ?? null, ends } };
}

function isJwt(token: string): boolean {
  const parts = token.split(".");
  return parts.length === 3 && typeof partOf(parts[0]).alg === "string";
}

function endOf(token: string): number {
  const { exp } = partOf(token.split(".")[1]);
  return typeof exp === "number" ? exp : Number.NaN;
}

function partOf(part = ""): Record<string, unknown> {
  try {
    return JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function endpoint(address: string | undefined, insecure = false): URL {
  const url = new URL(address ?? "");
  oauth.checkProtocol(url, !insecure);
  return url;
}

function returnAddress(): string {
  return globalThis.location.origin + RETURN;
}

function errandOf(text: string | null): Errand | null {
  try {
    return JSON.parse(text ?? "null") as Errand | null;
  } catch {
    return null;
  }
}

async function told<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    throw error instanceof SignInFailed ? error : new SignInFailed(wordsFor(error), { cause: error });
  }
}

function wordsFor(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    const said = error.error_description;
    return `The issuer refused: ${error.error}${said === undefined ? "" : ` (${said})`}`;
  }
  if (error instanceof oauth.OperationProcessingError) return `The issuer's answer cannot be trusted: ${error.message}`;
  if (error instanceof TypeError) return "The issuer does not answer, or does not let this page ask it";
  return error instanceof Error ? error.message : String(error);
}
