/** Commands that fetch a version, ready to be copied, whatever its model is called. */
import type { Settings } from "../../api/settings";
import { command, quoted } from "../../parts/commands";

export interface PullCommand {
  key: "cli" | "python" | "curl";
  label: string;
  text: string;
}

export function pullCommands(url: string, name: string, number: number, auth: Settings["auth"] = "none"): PullCommand[] {
  const reference = `${name}/${number}`;
  return [
    { key: "cli", label: "Command line", text: command(url, "pull", ...(reference.startsWith("-") ? ["--"] : []), reference, "./out") },
    { key: "python", label: "Python", text: python(url, reference) },
    { key: "curl", label: "curl", text: curl(url, reference, auth) },
  ];
}

function python(url: string, reference: string): string {
  return [
    "from modelyard.client import Registry",
    "",
    `registry = Registry(${pythonText(url)})`,
    `registry.pull(${pythonText(reference)}, "./out")`,
  ].join("\n");
}

/**
 * Fetches what is listed, until something fails; `resolve` answers at most one page of files, and the digests to check them by.
 * A refusal is in resolved.json; no file gets the words of one for its bytes. The token is for the registry alone: storage gets none.
 */
function curl(url: string, reference: string, auth: Settings["auth"]): string {
  const token = auth === "none" ? "" : ' -H "Authorization: Bearer $MODELYARD_TOKEN"';
  return [
    `curl -sS --fail-with-body -G ${quoted(`${url}/v1/resolve`)} --data-urlencode ${quoted(`ref=${reference}`)}${token} > resolved.json &&`,
    `jq -r '.files.items[] | .path, .download.url' resolved.json |`,
    `  (while IFS= read -r path && IFS= read -r url; do curl -sSf --create-dirs -o "./out/$path" "$url" || exit; done)`,
  ].join("\n");
}

/** A text as Python writes it: JSON's escapes are Python's as well, but for halves of pairs. */
export function pythonText(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/g, (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
