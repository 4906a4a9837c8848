/** The product in a real cluster's API, next to the baselines: domains, routes, and replicas that start when told. */
import { join } from "node:path";
import { claimAddressBlock, type AddressBlock } from "../test/support/addresses.ts";
import { chartRoleRules } from "../test/support/chart-role.ts";
import {
  createNamespace,
  createRestrictedUser,
  installCrds,
  startControlPlane,
  type ControlPlane,
} from "../test/support/control-plane.ts";
import { defaultKamailio } from "../test/support/kamailio-binaries.ts";
import { Replica } from "../test/support/replica.ts";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { API_VERSION, BareClient } from "./bare-client.ts";
import { LOCAL_DOMAIN, routeSpec, ROUTES, routeName } from "./federation-objects.ts";
import { startPeer, type Kamailio } from "./kamailio.ts";
import { storeKnownDomains } from "./known-domains.ts";

const INSTALLATION = "sip-federation";
const HEALTH_PORT = 8060;
const PATIENCE = { timeout: 120_000, interval: 10 };

export class Installation {
  readonly api: ControlPlane;
  readonly client: BareClient;
  /** With routes and domains. */
  readonly namespace: string;
  /** With the same routes and no domains. */
  readonly otherNamespace: string;
  /** Answers 200: where all routes lead. */
  readonly peer: Kamailio;
  /** Answers 202. */
  readonly otherPeer: Kamailio;
  readonly insideAddress: string;
  readonly #block: AddressBlock;
  /** By namespace. */
  readonly #kubeconfigs = new Map<string, string>();
  #replicas = 0;

  private constructor(api: ControlPlane, namespace: string, otherNamespace: string, block: AddressBlock) {
    this.api = api;
    this.client = new BareClient(api);
    this.namespace = namespace;
    this.otherNamespace = otherNamespace;
    this.peer = startPeer(block.next());
    this.otherPeer = startPeer(block.next(), { status: 202 });
    this.insideAddress = block.next();
    this.#block = block;
  }

  /** A control plane with `ROUTES` routes and `domains` known domains; nothing of the product runs yet. */
  static async create(domains: number): Promise<Installation> {
    const api = await startControlPlane();
    const [namespace, other] = [await createNamespace(api), await createNamespace(api)];
    const installation = new Installation(api, namespace, other, await claimAddressBlock());
    // before the API server serves the kind: it lists them in seconds, but watches them come for minutes
    await storeKnownDomains({ api, namespace, nextHop: installation.peer.target }, domains);
    await installCrds(api);
    await waitFor(
      "the API server to have read them",
      () => installation.client.served(namespace, "federateddomains"),
      PATIENCE,
    );
    for (const each of [namespace, other]) await installation.#prepare(each);
    return installation;
  }

  /** With an empty router, whose snapshot is empty too. */
  createReplica(namespace = this.namespace): Replica {
    const kubeconfig = this.#kubeconfigs.get(namespace);
    if (kubeconfig === undefined) throw new Error(`nothing was prepared in ${namespace}`);
    this.#replicas += 1;
    const name = `${INSTALLATION}-${this.#replicas}`;
    return new Replica({
      name,
      directory: temporaryDirectory(name),
      address: this.#block.next(),
      kamailio: defaultKamailio(),
      kubeconfig,
      namespace,
      config: {
        localDomains: [LOCAL_DOMAIN],
        insideNetworks: [`${this.insideAddress}/32`],
        discovery: { ratePerSecond: 0, maxLimitedDomains: 0 },
        status: { writesPerSecond: 0 },
      },
      routerEnv: { SHARED_MEMORY_MB: "512" },
      nodeOptions: ["--expose-gc", "--import", join(import.meta.dirname, "collect-garbage.ts")],
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.peer, this.otherPeer].map(({ process }) => process.stop()));
    await this.client.close();
    await this.api.stop();
    this.#block.release();
  }

  async #prepare(namespace: string): Promise<void> {
    const rules = chartRoleRules(INSTALLATION);
    const user = await createRestrictedUser(this.api, { name: INSTALLATION, namespace, rules });
    this.#kubeconfigs.set(namespace, user.kubeconfig);
    const numbers = Array.from({ length: ROUTES }, (_, n) => n);
    await Promise.all(
      numbers.map((n) =>
        this.client.create(namespace, "staticroutes", {
          apiVersion: API_VERSION,
          kind: "StaticRoute",
          metadata: { name: routeName(n) },
          spec: routeSpec(n, this.peer.target),
        }),
      ),
    );
  }
}

/** The router has the whole table. */
export async function programmed({ address }: Replica): Promise<void> {
  await waitFor("a programmed router", () => isOk(`http://${address}:${HEALTH_PORT}/readyz`), PATIENCE);
}

/** Nothing is left to write into statuses. */
export async function quiet({ adminUrl }: Replica): Promise<void> {
  const written = async (): Promise<boolean> => {
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    return /^workqueue_depth\{name="status".*\} 0$/m.test(metrics);
  };
  await waitFor("all statuses to be written", written, { ...PATIENCE, interval: 200 });
}

async function isOk(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.ok;
}
