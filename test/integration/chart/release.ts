/** The chart of this repository, rendered by real Helm. */
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { runCommand } from "../../../tools/setup/commands.ts";
import { helmProgram } from "../../../tools/setup/helm.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

export const CHART = join(repositoryRoot, "charts/sip-federation");

/** The least that the chart asks for. */
export const LOCAL_DOMAIN = ["--set", "config.localDomains={example.com}"];

/** A rendered object, as far as the tests look into it. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: PodTemplate; readonly [field: string]: unknown };
}

export interface PodTemplate {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly initContainers: readonly Container[];
    readonly containers: readonly Container[];
    readonly [field: string]: unknown;
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** Absent where it needs none. */
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly [field: string]: unknown;
}

const home = temporaryDirectory("helm");

/** Runs Helm. Rejects with what it said. */
export async function helm(args: readonly string[], kubeconfig = "/dev/null"): Promise<string> {
  const env = {
    HELM_CACHE_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_DATA_HOME: home,
    KUBECONFIG: kubeconfig,
  };
  return runCommand(await helmProgram(), args, { env });
}

/** The objects of a release called `edge`. */
export async function render(namespace: string, ...args: string[]): Promise<readonly Rendered[]> {
  const text = await helm(["template", "edge", CHART, "--namespace", namespace, ...LOCAL_DOMAIN, ...args]);
  return loadAll(text).filter((object) => object !== null) as Rendered[];
}

export function find(objects: readonly Rendered[], kind: string, name = "edge-sip-federation"): Rendered {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`the chart renders no ${kind} ${name}`);
  return found;
}

export function podOf(objects: readonly Rendered[]): PodTemplate["spec"] {
  const { spec } = find(objects, "Deployment");
  if (spec === undefined) throw new Error("the Deployment has no spec");
  return spec.template.spec;
}
