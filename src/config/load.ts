import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { YAMLException, load } from "js-yaml";
import type { ConfigFile } from "./file.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { Problem } from "./problems.ts";
import { type Surroundings, surroundings } from "./surroundings.ts";
import type { Config } from "./types.ts";
import { validate } from "./validate.ts";

export type Loaded =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the configuration file (YAML). Reports everything that is wrong with it at once. */
export async function loadConfig(path: string, around: Surroundings = surroundings()): Promise<Loaded> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return failed(`cannot be read: ${(error as Error).message}`);
  }
  return parseConfig(text, around);
}

/** As `loadConfig`, from the text of the file. */
export function parseConfig(text: string, around: Surroundings): Loaded {
  let document: unknown;
  try {
    document = load(text);
  } catch (error) {
    return failed(error instanceof YAMLException ? `is not YAML: ${error.message}` : String(error));
  }
  const validated = validate(document);
  const namespace = givenNamespace(document) ?? around.podNamespace;
  if (validated.ok && namespace !== undefined) {
    return {
      ok: true,
      config: resolve(validated.file, { ...around, podNamespace: namespace }),
    };
  }
  const problems = [
    ...(validated.ok ? [] : validated.problems),
    ...(namespace === undefined ? [NO_NAMESPACE] : []),
  ];
  return { ok: false, problems };
}

const NO_NAMESPACE: Problem = {
  path: "kubernetes.namespace",
  message: "is required outside a pod. Name the namespace to serve.",
};

/** Where no peer is: this machine, its link, nobody, and more than one; and IPv4 written as IPv6 (RFC 6890, RFC 4291). */
const ALWAYS_REFUSED = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/3",
  "::/127",
  "::ffff:0:0/96",
  "fe80::/10",
  "ff00::/8",
];

function givenNamespace(document: unknown): string | undefined {
  return (document as { kubernetes?: { namespace?: string } } | null | undefined)?.kubernetes?.namespace;
}

interface NamespacedSurroundings extends Surroundings {
  readonly podNamespace: string;
}

function resolve(file: ConfigFile, around: NamespacedSurroundings): Config {
  const { discovery, limits, nextHops, dialogs, status, admin, monitoring, log } = file;
  return {
    federation: federation(file, around),
    kubernetes: kubernetes(file, around),
    router: file.router,
    discovery,
    limits,
    nextHops,
    dialogs: { ...dialogs, refusedNetworks: unique([...ALWAYS_REFUSED, ...dialogs.refusedNetworks]) },
    xmpp: xmpp(file),
    status,
    admin,
    console: file.console.enabled ? { edits: file.console.edits } : undefined,
    monitoring,
    tls: file.tls && tlsFiles(file.tls),
    log,
  };
}

/** Named as in a Secret of type kubernetes.io/tls. */
function tlsFiles({ directory, caFile }: NonNullable<ConfigFile["tls"]>): Config["tls"] {
  const file = (name: string): string => join(directory, name);
  return { certificateFile: file("tls.crt"), keyFile: file("tls.key"), caFile: caFile ?? file("ca.crt") };
}

function xmpp({ xmpp: { enabled, ...settings } }: ConfigFile): Config["xmpp"] {
  return enabled ? settings : undefined;
}

function federation(file: ConfigFile, around: Surroundings): Config["federation"] {
  return {
    localDomains: unique(file.localDomains),
    insideNetworks: unique(file.insideNetworks),
    insideCertificateNames: unique(file.insideCertificateNames),
    trustedPeers: file.trustedPeers,
    unprovenInbound: file.inbound.unproven,
    ownAddresses: ownAddresses(file, around.addresses),
    xmpp: file.xmpp.enabled,
    transports: file.tls ? ["UDP", "TCP", "TLS"] : ["UDP", "TCP"],
  };
}

function kubernetes(file: ConfigFile, around: NamespacedSurroundings): Config["kubernetes"] {
  return {
    namespace: around.podNamespace,
    kubeconfig: file.kubernetes.kubeconfig,
    installation: file.kubernetes.installation,
    pod: { name: around.podName, uid: around.podUid },
  };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

function failed(message: string): Loaded {
  return { ok: false, problems: [{ path: "", message }] };
}
