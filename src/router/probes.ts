import type { Logger } from "pino";
import type { ControlClient, ProbedHop } from "./control-client.ts";
import { answered, FAILURES, impostor, NOT_PROBED, silent, type ProbeState } from "./probe-state.ts";

export interface ProbesOptions {
  readonly control: Pick<ControlClient, "probe" | "mark">;
  /** Between two probes of one next hop, in milliseconds. */
  readonly intervalMs: number;
  /** After which a probe counts as failed, in milliseconds; shorter than the interval. */
  readonly timeoutMs: number;
  /** Why nothing comes back from a next hop that has just died, if that can be found out: see `ProbeState.problem`. */
  readonly diagnose?: (uri: string) => Promise<string | undefined>;
}

interface Probed {
  readonly hop: ProbedHop;
  state: ProbeState;
  /** By `performance.now()`. */
  due: number;
  /** When the probe under way was ordered; undefined while there is none. */
  sentAt: number | undefined;
}

const TICK_MS = 100;
/** Next hops in one order to the router. */
const MAX_BATCH = 50;
const LOCAL_TIMEOUT = 408;
const IMPOSTOR = 0;

/**
 * Probes every next hop of the routing table through the router, in the order in which they are due: new ones at once,
 * those that fell silent again at once, then all evenly spread. The router passes over what it is told is dead.
 */
export class Probes {
  readonly #options: ProbesOptions;
  readonly #log: Logger;
  readonly #hops = new Map<string, Probed>();
  #changed: (uri: string) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #working = false;

  constructor(options: ProbesOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** @param changed a next hop, by URI, came to life or died. */
  start(changed: (uri: string) => void): void {
    this.#changed = changed;
    this.#timer ??= setInterval(() => {
      void this.#tick();
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** These are the next hops from now on; what is known of those that stay is kept. */
  follow(hops: Iterable<ProbedHop>): void {
    const wanted = new Map(Array.from(hops, (hop) => [hop.uri, hop] as const));
    for (const uri of this.#hops.keys()) if (!wanted.has(uri)) this.#hops.delete(uri);
    for (const [uri, hop] of wanted) {
      const known = this.#hops.get(uri);
      if (known?.hop.inside === hop.inside) continue;
      this.#hops.set(uri, known ? { ...known, hop } : this.#added(hop));
    }
  }

  /** What is known of a next hop; nothing of one that is not followed. */
  state(uri: string): ProbeState {
    return this.#hops.get(uri)?.state ?? NOT_PROBED;
  }

  /** All next hops that are followed, by URI. */
  *states(): Generator<ProbeState & { readonly uri: string }> {
    for (const [uri, { state }] of this.#hops) yield { uri, ...state };
  }

  /** The router tells what became of a probe. */
  result(uri: string, status: number, microseconds: number, names: readonly string[] = []): void {
    const probed = this.#hops.get(uri);
    // a late one, or the router's own word for silence, which the timeout has said before
    if (probed?.sentAt === undefined || status === LOCAL_TIMEOUT) return;
    probed.sentAt = undefined;
    this.#enter(probed, status === IMPOSTOR ? impostor(names) : answered(microseconds / 1000));
  }

  #added(hop: ProbedHop): Probed {
    return { hop, state: NOT_PROBED, due: performance.now(), sentAt: undefined };
  }

  async #tick(): Promise<void> {
    const now = performance.now();
    this.#expire(now);
    if (this.#working) return;
    const due = [...this.#hops.values()].filter((probed) => probed.due <= now).slice(0, MAX_BATCH);
    if (due.length === 0) return;
    this.#working = true;
    await this.#send(due, now);
    this.#working = false;
  }

  async #send(due: readonly Probed[], now: number): Promise<void> {
    for (const probed of due) {
      probed.sentAt = now;
      probed.due = now + this.#options.intervalMs * jitter();
    }
    const outcome = await this.#options.control.probe(due.map(({ hop }) => hop));
    if (outcome.ok) return;
    // a router that is away says nothing about its next hops
    for (const probed of due) probed.sentAt = undefined;
  }

  #expire(now: number): void {
    for (const probed of this.#hops.values()) {
      if (probed.sentAt === undefined || now - probed.sentAt < this.#options.timeoutMs) continue;
      probed.sentAt = undefined;
      this.#enter(probed, silent(probed.state));
    }
  }

  #enter(probed: Probed, state: ProbeState): void {
    const before = probed.state.alive;
    probed.state = state;
    // whether it is dead or just lost a packet is found out soon
    if (state.failures > 0 && state.alive !== false) probed.due = performance.now();
    const { uri } = probed.hop;
    // The router forgets a mark by itself: it is told of the dead after each probe, of the living once.
    if (state.alive === false) void this.#mark(uri, true);
    if (state.alive === true && before === false) void this.#mark(uri, false);
    if (state.failures === FAILURES && state.problem === undefined) void this.#diagnose(probed);
    if (state.alive !== before) this.#changed(uri);
  }

  async #diagnose(probed: Probed): Promise<void> {
    const problem = await this.#options.diagnose?.(probed.hop.uri);
    if (problem === undefined || probed.state.alive !== false) return;
    probed.state = { ...probed.state, problem };
    this.#changed(probed.hop.uri);
  }

  async #mark(uri: string, isDead: boolean): Promise<void> {
    const outcome = await this.#options.control.mark(new Map([[uri, isDead]]));
    if (!outcome.ok) this.#log.debug({ uri, reason: outcome.message }, "the router did not take a mark");
  }
}

/** 0.9 to 1.1: next hops that were added together do not stay together. */
function jitter(): number {
  return 0.9 + Math.random() * 0.2;
}
