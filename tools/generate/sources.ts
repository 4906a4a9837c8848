import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import type { CustomResourceDefinition } from "./schema.ts";

/** The files that everything else is generated from. */
export interface Source {
  /** File name in crds/. */
  readonly file: string;
  /** Its text, as it is. */
  readonly text: string;
  readonly crd: CustomResourceDefinition;
  /** A commented example manifest per document, as text. */
  readonly examples: readonly string[];
}

const FILES = ["staticroutes.sipfederation.io.yaml", "federateddomains.sipfederation.io.yaml"];

/** Reads the definitions and their examples from the repository at `root`. */
export function readSources(root: string): readonly Source[] {
  return FILES.map((file) => {
    const text = readFileSync(join(root, "crds", file), "utf8");
    const crd = load(text) as CustomResourceDefinition;
    return { file, text, crd, examples: readExamples(root, crd.spec.names.plural) };
  });
}

function readExamples(root: string, plural: string): readonly string[] {
  const text = readFileSync(join(root, "docs", "examples", `${plural}.yaml`), "utf8");
  loadAll(text); // a broken example fails here, with its line
  return text.split(/^---\n/m).map((document) => document.trim());
}
