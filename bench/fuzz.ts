/** Mutants thrown at the router, with a normal client beside them. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KamailioBinary } from "../test/support/kamailio-binaries.ts";
import { privateBytes } from "../test/support/process-group.ts";
import { LOCAL, RouterBed, to, uri } from "../test/support/router-bed.ts";
import { RawPeer } from "../test/support/sip/raw-peer.ts";
import type { SipTransportName } from "../test/support/sip/transport.ts";
import { mutant, seeded } from "../test/support/torture/mutate.ts";
import { waitFor } from "../test/support/wait-for.ts";

export interface FuzzOptions {
  /** Mutants to throw, after a tenth of them that only warms up. */
  readonly messages: number;
  /** The same seed makes the same mutants in the same order. */
  readonly seed: number;
}

export interface FuzzResult {
  readonly messages: number;
  readonly seed: number;
  /** Requests of the normal client, and those of them that had no 2xx. */
  readonly normal: number;
  readonly lost: number;
  /** Bytes that the router holds more of than after the warm-up. */
  readonly sharedGrowth: number;
  readonly privateGrowth: number;
}

interface Thrown {
  readonly transport: SipTransportName;
  readonly data: Buffer;
}

const PARTNER = "partner.test";
/** Last numbers of addresses; 11 is in the inside network. */
const PLACES = { inside: 11, outside: 30, hop: 31 };
const BATCH = 40;
/** Mutants that are kept: what killed the router is among the last ones. */
const KEPT = 400;
const FINAL_MS = 8000;
const TRANSACTIONS_END_MS = 120_000;
/** Everything that waits ends soon, and what strangers cause is in the log, where a crash is looked for. */
const ENVIRONMENT = {
  ...{ NON_INVITE_TIMEOUT_MS: "2000", INVITE_TIMEOUT_MS: "1000", DOWN_SECONDS: "1" },
  ...{ WORKERS: "2", SHARED_MEMORY_MB: "128", UNUSED_IDLE_SECONDS: "5" },
};
const CRASH = /.*(?:BUG|signal \d+|core was).*/;

/**
 * Throws mutants over UDP and TCP, from the inside and from the outside.
 * @throws Error with the seed, and where the last mutants are, when a process of the router died.
 */
export async function fuzzRouter(
  binary: KamailioBinary,
  { messages, seed }: FuzzOptions,
): Promise<FuzzResult> {
  const bed = await RouterBed.open(binary, { env: ENVIRONMENT });
  const open = (place: number): Promise<RawPeer> => RawPeer.open(bed.address(place));
  const [inside, outside, hop] = await Promise.all([
    open(PLACES.inside),
    open(PLACES.outside),
    open(PLACES.hop),
  ]);
  hop.answer = "SIP/2.0 200 OK";
  const route = to(uri({ host: hop.host, port: 5060 }));
  await bed.program({ names: { [PARTNER]: "A|" }, sets: { "*": route, [LOCAL]: route } });
  const thrower = new Thrower(bed, [inside, outside, hop], seed);
  const client = new NormalClient(bed);
  try {
    await thrower.throw(messages / 10);
    const before = await heldBytes(bed);
    client.start();
    await thrower.throw(messages);
    await client.stop();
    const now = await heldBytes(bed);
    return {
      messages,
      seed,
      normal: client.sent,
      lost: client.lost,
      sharedGrowth: now.shared - before.shared,
      privateGrowth: now.private - before.private,
    };
  } finally {
    for (const peer of [inside, outside, hop]) peer.close();
    await bed.close();
  }
}

class Thrower {
  readonly #bed: RouterBed;
  readonly #peers: readonly [RawPeer, RawPeer, RawPeer];
  readonly #seed: number;
  readonly #random: () => number;
  readonly #last: Thrown[] = [];
  #count = 0;

  constructor(bed: RouterBed, peers: readonly [RawPeer, RawPeer, RawPeer], seed: number) {
    this.#bed = bed;
    this.#peers = peers;
    this.#seed = seed;
    this.#random = seeded(seed);
  }

  async throw(messages: number): Promise<void> {
    for (let left = messages; left > 0; left -= BATCH) {
      await Promise.all(Array.from({ length: Math.min(BATCH, left) }, () => this.#one()));
      for (const peer of this.#peers) peer.received.length = 0;
      this.#requireLife();
    }
  }

  async #one(): Promise<void> {
    const n = (this.#count += 1);
    const [inside, outside] = this.#peers;
    const [peer, from, destination] = n % 2 === 0 ? [inside, LOCAL, PARTNER] : [outside, PARTNER, LOCAL];
    const transport = n % 4 < 2 ? "udp" : "tcp";
    const data = mutant(
      {
        ...{ from, to: destination, sender: peer.address, unique: `fuzz${this.#seed}n${n}` },
        transport: transport === "udp" ? "UDP" : "TCP",
      },
      this.#random,
    );
    this.#last.push({ transport, data });
    if (this.#last.length > KEPT) this.#last.shift();
    await throwAt(this.#bed, peer, { transport, data });
  }

  #requireLife(): void {
    try {
      this.#bed.router.assertRunning();
      const [bad] = CRASH.exec(this.#bed.router.log()) ?? [];
      if (bad !== undefined) throw new Error(bad);
    } catch (error) {
      const directory = this.#save();
      throw new Error(
        `the router died of seed ${this.#seed}, message ${this.#count} or before: ${directory}`,
        {
          cause: error,
        },
      );
    }
  }

  /** Writes the last mutants, a file each, and returns their directory. */
  #save(): string {
    const directory = mkdtempSync(join(tmpdir(), `fuzz-${this.#seed}-`));
    const first = this.#count - this.#last.length + 1;
    this.#last.forEach(({ transport, data }, at) => {
      writeFileSync(join(directory, `${first + at}.${transport}`), data);
    });
    return directory;
  }
}

/** A datagram, or a connection that ends after its mutant; the router may have gone away. */
async function throwAt(bed: RouterBed, peer: RawPeer, { transport, data }: Thrown): Promise<void> {
  if (transport === "udp") {
    await peer.send(data, bed.target());
    return;
  }
  try {
    const stream = await peer.connect(bed.target("tcp"));
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    stream.once("close", () => {
      resolve(undefined);
    });
    stream.end(data);
    await closed;
  } catch {
    // refused: whether it lives is looked at after each batch
  }
}

/** Requests from both sides over both transports, one after the other, until it is stopped. */
class NormalClient {
  sent = 0;
  lost = 0;
  readonly #bed: RouterBed;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(bed: RouterBed) {
    this.#bed = bed;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (const transport of ["udp", "tcp"] as const) {
        const options = { target: this.#bed.target(transport), timeout: FINAL_MS };
        await this.#count(this.#bed.fromInside(`sip:bob@${PARTNER}`, options));
        await this.#count(this.#bed.fromOutside(`sip:alice@${LOCAL}`, options));
      }
    }
  }

  async #count(answer: Promise<{ readonly status: number }>): Promise<void> {
    this.sent += 1;
    const status = await answer.then(
      (response) => response.status,
      () => 0,
    );
    if (status < 200 || status > 299) this.lost += 1;
  }
}

/** What the router holds when all transactions are over, but for what it learned on purpose. */
async function heldBytes(bed: RouterBed): Promise<{ readonly shared: number; readonly private: number }> {
  await waitFor(
    "all transactions to end",
    async () => ((await bed.router.rpc("tm.stats")) as { current: number }).current === 0,
    { timeout: TRANSACTIONS_END_MS, interval: 200 },
  );
  for (const table of ["learned", "learned_side", "remembered"]) await bed.router.rpc("htable.flush", table);
  const { real_used: shared } = (await bed.router.rpc("core.shmmem")) as { real_used: number };
  return { shared, private: privateBytes(bed.router.pid) };
}
