/** The manifests of docs/argocd, with the addresses of a test in place of a person's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import type { ApplicationSpec } from "./application.ts";

interface Document<Spec> {
  readonly metadata: { readonly name: string };
  readonly spec: Spec;
}

/** An Application of a file in docs/argocd, of a repository and for a namespace, in the project `default`. */
export function documentedApplication(
  file: string,
  name: string,
  { repository, namespace }: { repository: string; namespace: string },
): ApplicationSpec {
  const { spec } = find<ApplicationSpec>(file, name);
  return {
    ...spec,
    project: "default",
    source: { ...spec.source, repoURL: repository },
    destination: { ...spec.destination, namespace },
  };
}

/** The documented AppProject, for a repository, a namespace and an API server. */
export function documentedProject({
  repository,
  namespace,
  server,
}: {
  readonly repository: string;
  readonly namespace: string;
  readonly server: string;
}): { readonly metadata: { readonly name: string }; readonly spec: object } {
  const project = find<object>("project.yaml");
  const ofTheTest = { sourceRepos: [repository], destinations: [{ server, namespace }] };
  return { ...project, spec: { ...project.spec, ...ofTheTest } };
}

/** What the documented AppProject says of orphaned resources. */
export function documentedOrphans(): { readonly ignore: readonly object[]; readonly warn: boolean } {
  const { spec } = find<{ orphanedResources: ReturnType<typeof documentedOrphans> }>("project.yaml");
  return spec.orphanedResources;
}

function find<Spec>(file: string, name?: string): Document<Spec> {
  const text = readFileSync(join(repositoryRoot, "docs/argocd", file), "utf8");
  const documents = loadAll(text) as Document<Spec>[];
  const found = documents.find(({ metadata }) => name === undefined || metadata.name === name);
  if (found === undefined) throw new Error(`docs/argocd/${file} has no ${name ?? "document"}`);
  return found;
}
