import type { Logger } from "pino";
import type { RoutingTable, TableChanges } from "../federation/types.ts";
import { certificateNames } from "./certificate-names.ts";
import { AwayReport } from "./away-report.ts";
import { ControlClient, type ProbedHop } from "./control-client.ts";
import { readCounters, type Counter } from "./counters.ts";
import { DiscoveryDesk } from "./discovery-desk.ts";
import { EventStream } from "./event-stream.ts";
import type { CertificateQuestion } from "./frames.ts";
import { readDown } from "./down.ts";
import { readSharedMemory, type SharedMemory } from "./memory.ts";
import { StatusPoll } from "./status-poll.ts";
import type { ProbeState } from "./probe-state.ts";
import { Probes } from "./probes.ts";
import { Programmer } from "./programmer.ts";
import { RpcClient } from "./rpc-client.ts";
import { Snapshot } from "./snapshot.ts";
import { type DialogSettings, standingEntries, type StandingEntries } from "./standing-entries.ts";
import { diagnoseTls, tlsPlaceOf } from "./tls-diagnosis.ts";
import { TlsReload, type TlsState } from "./tls-reload.ts";
import type { RouterHandlers, RouterOptions, RouterState } from "./types.ts";

const DEFAULTS = {
  host: "127.0.0.1",
  discoveryTimeoutMs: 2000,
  maxQuestions: 5000,
  pollMs: 300,
  auditMs: 10_000,
  probeIntervalMs: 10_000,
  probeTimeoutMs: 2000,
  snapshotDelayMs: 3000,
};
const GRACE = { setsMs: 60_000, ordersMs: 10_000 };
const NO_SUCH_KEY = 404;
const NOTHING: TableChanges = { names: new Set(), routeSets: new Set(), settings: false };
/** Reading many authorities for each of its processes takes the router a while. */
const RELOAD_MS = 10_000;

/** What runs between start and stop. */
interface Parts {
  readonly programmer: Programmer;
  readonly stream: EventStream;
  readonly desk: DiscoveryDesk;
  readonly poll: StatusPoll;
  readonly snapshot: Snapshot | undefined;
}

/** The SIP router of this pod: holds it to the routing table and answers its questions. */
export class SipRouter {
  readonly #options: RouterOptions & typeof DEFAULTS;
  readonly #log: Logger;
  readonly #rpc: RpcClient;
  readonly #control: ControlClient;
  readonly #probes: Probes;
  readonly #standing = (): StandingEntries => standingEntries(this.#dialogs, this.#options.limits);
  #dialogs: DialogSettings;
  /** For what takes the router longer; undefined where nothing does. */
  readonly #slowRpc: RpcClient | undefined;
  readonly #tls: TlsReload | undefined;
  #parts: Parts | undefined;
  #instance: string | undefined;
  #reachable = false;

  constructor(options: RouterOptions, log: Logger) {
    this.#options = { ...DEFAULTS, ...options };
    this.#log = log;
    this.#dialogs = options.dialogs;
    const { host, rpcPort, controlPort } = this.#options;
    this.#rpc = new RpcClient({ host, port: rpcPort });
    this.#control = new ControlClient({ host, port: controlPort });
    const { probeIntervalMs: intervalMs, probeTimeoutMs: timeoutMs } = this.#options;
    const diagnose = (uri: string): Promise<string | undefined> => this.#diagnose(uri);
    this.#probes = new Probes({ control: this.#control, intervalMs, timeoutMs, diagnose }, log);
    const { tls: files } = this.#options;
    if (files) {
      this.#slowRpc = new RpcClient({ host, port: rpcPort, timeoutMs: RELOAD_MS, attempts: 1 });
      this.#tls = new TlsReload({ files, rpc: this.#slowRpc }, log);
    }
  }

  /** Begins to program. `table` is complete, and stays the live view that `apply` speaks of. Once only. */
  start(table: RoutingTable, handlers: RouterHandlers): void {
    const parts = this.#assemble(table, handlers);
    this.#parts = parts;
    parts.programmer.start();
    this.#probes.start((uri) => {
      handlers.hopChanged?.(uri);
    });
    this.#tls?.start();
    parts.stream.start();
    parts.poll.now();
    parts.snapshot?.changed();
  }

  /** Resolves when the router routes by the changes; waits while it is away, rejects when stopped. */
  apply(changes: TableChanges): Promise<void> {
    if (this.#parts === undefined) return Promise.reject(new Error("the SIP router was not started"));
    this.#parts.snapshot?.changed();
    return this.#parts.programmer.apply(changes);
  }

  /**
   * Marks of dialogs are made with the first key from now on, and accepted by all. Resolves when it is so, before `start`
   * at once; rejects only when stopped.
   */
  async setDialogKeys(keys: readonly string[]): Promise<void> {
    this.#dialogs = { ...this.#dialogs, keys };
    if (this.#parts !== undefined) await this.apply(NOTHING);
  }

  /** The next hops to probe from now on. */
  probe(hops: Iterable<ProbedHop>): void {
    this.#probes.follow(hops);
  }

  /** What probes have found out about a next hop, by URI. */
  probed(uri: string): ProbeState {
    return this.#probes.state(uri);
  }

  /** All next hops that are probed, with what was found out. */
  probes(): Iterable<ProbeState & { readonly uri: string }> {
    return this.#probes.states();
  }

  /** Its certificate; undefined where TLS is not spoken. */
  tls(): TlsState | undefined {
    return this.#tls?.state();
  }

  /** Of these next hops, by URI, those that the router passes over because they failed a moment ago, or are dead. */
  down(uris: readonly string[]): Promise<ReadonlySet<string>> {
    return readDown(this.#rpc, uris);
  }

  /** The router drops what it learned of a domain. Rejects when it does not answer. */
  async forget(domain: string): Promise<void> {
    const outcome = await this.#rpc.call("htable.delete", ["learned", domain]);
    if (outcome.ok || (outcome.kind === "fault" && outcome.code === NO_SUCH_KEY)) return;
    throw new Error(`the router did not forget ${domain}: ${outcome.message}`);
  }

  state(): RouterState {
    const idle = { inForce: false, entries: 0, pending: 0, programmings: 0, rejected: 0 };
    return {
      ...(this.#parts?.programmer.state() ?? { ...idle, programmingMs: undefined, error: undefined }),
      reachable: this.#reachable,
      connected: this.#parts?.stream.connected ?? false,
      instance: this.#instance,
      questions: this.#parts?.desk.outstanding ?? 0,
    };
  }

  /** The router's own counters since its start; empty while it is away. */
  counters(): Promise<readonly Counter[]> {
    return readCounters(this.#rpc);
  }

  /** Its shared memory; undefined while it is away. */
  memory(): Promise<SharedMemory | undefined> {
    return readSharedMemory(this.#rpc);
  }

  /** Asks the router: true when it holds a full table, this operator's or that of its snapshot. */
  async ready(): Promise<boolean> {
    return (await this.#control.status())?.epoch !== undefined;
  }

  /** No more questions; those that are open are answered, the pass under way ends, the snapshot is written. */
  async stop(): Promise<void> {
    this.#probes.stop();
    this.#tls?.stop();
    if (this.#parts !== undefined) await stopParts(this.#parts);
    this.#rpc.close();
    this.#slowRpc?.close();
    await this.#control.close();
  }

  #assemble(table: RoutingTable, handlers: RouterHandlers): Parts {
    const { host, controlPort, eventPort, pollMs, discoveryTimeoutMs, maxQuestions, orders } = this.#options;
    const control = this.#control;
    const away = new AwayReport({ host, port: controlPort }, this.#log);
    const poll = new StatusPoll(control, pollMs, (status, askedAt) => {
      this.#reachable = status !== undefined;
      this.#instance = status?.instance ?? this.#instance;
      away.observe(this.#reachable, performance.now());
      programmer.observe(status, askedAt);
    });
    const grace = this.#options.grace ?? GRACE;
    const programmer = new Programmer(
      { table, orders, standing: this.#standing, grace, rpc: this.#rpc, control },
      () => {
        handlers.programmed();
      },
      this.#log,
      this.#options.auditMs,
    );
    const desk = new DiscoveryDesk(
      {
        discover: (domain, direction) => handlers.discover(domain, direction),
        answer: (domain, verdict) => control.verdict(domain, verdict),
      },
      { timeoutMs: discoveryTimeoutMs, capacity: maxQuestions },
      this.#log,
    );
    const stream = new EventStream(
      { host, port: eventPort },
      {
        connected: () => {
          poll.now();
        },
        closed: () => {
          programmer.observe(undefined, performance.now());
          poll.now();
        },
        question: (...question) => {
          desk.ask(...question);
        },
        learned: ({ domain, direction, remembered, overXmpp, callId }) => {
          this.#log.debug({ domain, direction, remembered, overXmpp, callId }, "a domain was reached");
          handlers.learned(domain, direction, remembered, overXmpp);
        },
        certificate: (question) => {
          void this.#certify(question);
        },
        probed: (uri, status, microseconds, names) => {
          this.#probes.result(uri, status, microseconds, names);
        },
        domainLimited: (domain, limit) => {
          handlers.domainLimited?.(domain, limit);
        },
        sourceLimited: (address, limit) => {
          handlers.sourceLimited?.(address, limit);
        },
        active: (domain, direction) => {
          handlers.active?.(domain, direction);
        },
      },
      this.#log,
    );
    return { programmer, stream, desk, poll, snapshot: this.#snapshotOf(table) };
  }

  async #diagnose(uri: string): Promise<string | undefined> {
    const place = tlsPlaceOf(uri);
    const material = this.#tls?.material;
    return place && material && diagnoseTls(place, material);
  }

  async #certify({ context, pem }: CertificateQuestion): Promise<void> {
    const outcome = await this.#control.certify(context, certificateNames(pem));
    // The router goes on without by itself, and asks again at the next opportunity.
    if (!outcome.ok)
      this.#log.warn({ reason: outcome.message }, "the router did not take the names of a certificate");
  }

  #snapshotOf(table: RoutingTable): Snapshot | undefined {
    const { snapshotDirectory: directory, snapshotDelayMs: delayMs, orders } = this.#options;
    if (directory === undefined) return undefined;
    return new Snapshot({ directory, table, orders, standing: this.#standing, delayMs }, this.#log);
  }
}

async function stopParts({ stream, desk, poll, programmer, snapshot }: Parts): Promise<void> {
  stream.stop();
  await Promise.all([desk.drained(), poll.stop()]);
  await programmer.stop();
  await snapshot?.flush();
}
