/** What a measurement starts, at addresses of its own. */
import { claimAddressBlock, type AddressBlock } from "../test/support/addresses.ts";
import { ControlClient } from "../src/router/control-client.ts";
import {
  startBare,
  startPeer,
  startRouter,
  type BareOptions,
  type Kamailio,
  type PeerOptions,
  type Router,
} from "./kamailio.ts";
import { SipLoad } from "./sip-load.ts";

const STOP_MS = 60_000;

export class Stage {
  readonly #block: AddressBlock;
  readonly #stops: (() => unknown)[] = [];

  private constructor(block: AddressBlock) {
    this.#block = block;
  }

  /** Plays on a new stage; afterwards everything that was started there has ended. */
  static async play<Result>(play: (stage: Stage) => Promise<Result>): Promise<Result> {
    const stage = new Stage(await claimAddressBlock());
    try {
      return await play(stage);
    } finally {
      await Promise.all(stage.#stops.map((stop) => stop()));
      stage.#block.release();
    }
  }

  /** One that nobody else uses. */
  address(): string {
    return this.#block.next();
  }

  /** Runs `stop` at the end. */
  atEnd(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  /** @see startPeer */
  peer(options?: PeerOptions): Kamailio {
    return this.#ending(startPeer(this.address(), options));
  }

  /** @see startBare */
  bare(to: string, options?: BareOptions): Kamailio {
    return this.#ending(startBare(this.address(), to, options));
  }

  /** @see startRouter */
  async router(env?: Readonly<Record<string, string>>): Promise<Router> {
    return this.#ending(await startRouter(this.address(), env));
  }

  /** @param from domain of From */
  async load(from: string, address = this.address()): Promise<SipLoad> {
    const load = await SipLoad.open(address, from);
    this.atEnd(() => {
      load.close();
    });
    return load;
  }

  control({ control: { host, controlPort: port } }: Router): ControlClient {
    const client = new ControlClient({ host, port });
    this.atEnd(() => client.close());
    return client;
  }

  #ending<Started extends Kamailio>(kamailio: Started): Started {
    this.atEnd(() => kamailio.process.stop(STOP_MS));
    return kamailio;
  }
}
