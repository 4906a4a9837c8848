/** The documents of this repository, as tests read them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../../tools/setup/paths.ts";

/** Paths in the repository of everything that people read. */
export const DOCUMENTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "THIRD-PARTY.md"],
  ...["charts/sip-federation/README.md", "charts/sip-federation-crds/README.md"],
  ...readdirSync(join(repositoryRoot, "docs"), { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

export function readDocument(document: string): string {
  return readFileSync(join(repositoryRoot, document), "utf8");
}

/** The here-documents of shell commands. */
export function manifestsIn(text: string): string[] {
  return [...text.matchAll(/^kubectl apply [^\n]*<<END\n(.*?)^END$/gms)].map(([, manifest = ""]) => manifest);
}

/** The code of one language, without the indentation that a list gives it. */
export function codeIn(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n(.*?)^\\1\`\`\`$`, "gms"));
  return [...blocks].map(([, indent = "", code = ""]) => code.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

/** Shell commands that begin like this, each on one line. */
export function commandsIn(text: string, beginning: RegExp): string[] {
  return codeIn(text, "sh")
    .flatMap((code) => code.replaceAll(/\\\n\s*/g, "").split("\n"))
    .filter((command) => beginning.test(command));
}
