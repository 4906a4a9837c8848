import { readFileSync } from "node:fs";
import type { RoutingTable } from "../../../src/federation/types.ts";
import { ControlClient } from "../../../src/router/control-client.ts";
import { RpcClient } from "../../../src/router/rpc-client.ts";
import type { Authority } from "../../support/authority.ts";
import type { KamailioBinary } from "../../support/kamailio-binaries.ts";
import { GATEWAY_ENV } from "../../support/gateway-double.ts";
import { kamailioSpec, PORTS } from "../../support/kamailio-spec.ts";
import { ManagedProcess } from "../../support/processes.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";
import { Operator } from "./operator.ts";
import type { RouterAddress } from "./place.ts";

/** A real Kamailio with the product's configuration, and the operator that programs it. */
export class RouterUnderTest {
  readonly operator: Operator;
  readonly #process: ManagedProcess;
  readonly #rpc: RpcClient;
  readonly #host: string;

  private constructor(host: string, process: ManagedProcess, operator: Operator) {
    this.#host = host;
    this.operator = operator;
    this.#process = process;
    this.#rpc = new RpcClient({ host, port: PORTS.rpc });
  }

  /** Resolves when the router holds the table. One worker: requests are taken in the order in which they come. */
  static async start(
    binary: KamailioBinary,
    { ipv4: host, ipv6, port, insidePort, tlsPort, tlsInsidePort }: RouterAddress,
    authority: Authority,
    table: RoutingTable,
  ): Promise<RouterUnderTest> {
    const directory = temporaryDirectory("differential");
    authority.install(directory, { names: ["DNS:edge.local.test"] });
    const env = {
      SIP_IPV6: `[${ipv6}]`,
      SIP_PORT: String(port),
      SIP_INSIDE_PORT: String(insidePort),
      TLS_DIRECTORY: directory,
      TLS_PORT: String(tlsPort),
      TLS_INSIDE_PORT: String(tlsInsidePort),
      WORKERS: "1",
      UNAVAILABLE_SECONDS: "60",
      UNUSED_IDLE_SECONDS: "3600",
      ...GATEWAY_ENV,
    };
    const process = new ManagedProcess(kamailioSpec(binary, host, directory, env));
    const { control: controlPort, rpc: rpcPort, event: eventPort } = PORTS;
    const operator = new Operator({ host, controlPort, rpcPort, eventPort }, table);
    const router = new RouterUnderTest(host, process, operator);
    await Promise.race([operator.restart(), process.exited]);
    try {
      process.assertRunning();
    } catch (error) {
      await router.stop();
      throw error;
    }
    return router;
  }

  /** Has the router look at the certificate of everybody there: it knows them from then on. By `placeUri`. */
  async meet(places: readonly string[]): Promise<void> {
    const control = new ControlClient({ host: this.#host, port: PORTS.control });
    // a target inside a dialog, so that nothing is known of it as a next hop
    await control.probe(places.map((place) => ({ uri: `${place};tls=nobody.test;d`, inside: false })));
    await control.close();
    await waitFor("the names of all", async () => (await this.#dump("names")).size === places.length);
  }

  /** Domains that the router remembers by itself: 1, or 0 where nobody was there to hear of it. */
  readonly remembered = (): Promise<ReadonlyMap<string, string>> => this.#dump("learned");

  /** The router forgets what it learned, asked and found down: as if it had just been programmed. */
  async forgetEverything(): Promise<void> {
    const domains = [...(await this.remembered()).keys()];
    await Promise.all([
      ...domains.map((domain) => this.operator.forget(domain)),
      ...["down", "asked", "verdicts"].map((table) => this.#rpc.call("htable.flush", [table])),
    ]);
  }

  /** The operator goes, and the router has noticed. */
  async dismissOperator(): Promise<void> {
    await this.operator.stop();
    await waitFor("the router to notice", () => this.#isAlone(), { interval: 1 });
  }

  /** The end of the router's log. */
  log(): string {
    return readFileSync(this.#process.logFile, "utf8").slice(-4000);
  }

  async stop(): Promise<void> {
    await this.operator.stop();
    this.#rpc.close();
    await this.#process.stop();
  }

  async #dump(table: string): Promise<ReadonlyMap<string, string>> {
    const outcome = await this.#rpc.call("htable.dump", [table]);
    if (!outcome.ok) throw new Error(`cannot read the table ${table}: ${outcome.message}`);
    const slots = outcome.result as readonly { readonly slot: readonly { name: string; value: string }[] }[];
    return new Map(slots.flatMap(({ slot }) => slot.map(({ name, value }) => [name, value] as const)));
  }

  async #isAlone(): Promise<boolean> {
    const outcome = await this.#rpc.call("pv.shvGet", ["clients"]);
    if (!outcome.ok) throw new Error(`cannot read the number of operators: ${outcome.message}`);
    return (outcome.result as { readonly value: number }).value === 0;
  }
}
