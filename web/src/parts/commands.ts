/** Commands to copy: quoted for the shell, with the registry's real address where it is not the usual one. */

const USUAL = "http://127.0.0.1:8080";
const PLAIN = /^[A-Za-z0-9_./:@%+=,-]+$/;

/** A word as a POSIX shell takes it for one, whatever it holds. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `modelyard …` with each word quoted, and MODELYARD_URL before it unless the registry is where the command looks. */
export function command(url: string, ...words: string[]): string {
  const line = ["modelyard", ...words.map(quoted)].join(" ");
  return url === USUAL ? line : `MODELYARD_URL=${quoted(url)} ${line}`;
}
