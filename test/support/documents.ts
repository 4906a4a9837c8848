/** The documents of this repository, as tests read them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";

/** Paths in the repository of everything that people read. */
export const DOCUMENTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "THIRD-PARTY.md"],
  ...["charts/sip-federation/README.md", "charts/sip-federation-crds/README.md"],
  ...readdirSync(join(repositoryRoot, "docs"), { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

const CODE = /^( *)```.*?^\1```$/gms;

export function readDocument(document: string): string {
  return readFileSync(join(repositoryRoot, document), "utf8");
}

/** What people read as text: without code. */
export function proseIn(text: string): string {
  return text.replaceAll(CODE, "").replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()<>]/g, ""));
}

export interface Heading {
  /** 1 for the title. */
  readonly level: number;
  readonly text: string;
}

export function headingsIn(text: string): Heading[] {
  return [...text.replaceAll(CODE, "").matchAll(/^(#+) (.+)$/gm)].map(([, marks = "", words = ""]) => ({
    level: marks.length,
    text: words,
  }));
}

/** The anchor of a heading on a forge, and the one on a site by MkDocs; a text may be linked to where both are one. */
export function anchorsOf({ text }: Heading): { readonly forge: string; readonly site: string } {
  const words = text.toLowerCase().replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  const ascii = words.normalize("NFKD").replaceAll(/[^\w\s-]/g, "");
  return {
    forge: words.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-"),
    site: ascii.trim().replaceAll(/[-\s]+/g, "-"),
  };
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
