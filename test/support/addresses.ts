import { createServer, type Server } from "node:net";

/** 127.A.B.1 to 127.A.B.250, which no other running test, demo or sandbox has: every port on them is free. */
export interface AddressBlock {
  /** `n`: 1–250. */
  readonly address: (n: number) => string;
  /** The next address that this function has not handed out yet. */
  readonly next: () => string;
  readonly release: () => void;
}

const LAST = 250;
const CLAIM = { host: 254, port: 65_535 };
const ATTEMPTS = 200;

/** Claims a block for as long as this process lives, or until it is released. The claim is a bound socket. */
export async function claimAddressBlock(): Promise<AddressBlock> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const prefix = `127.${randomInteger(16, 250)}.${randomInteger(0, 255)}`;
    const claim = await listen(`${prefix}.${CLAIM.host}`, CLAIM.port);
    if (claim !== undefined) return block(prefix, claim);
  }
  throw new Error("no free block of loopback addresses");
}

function block(prefix: string, claim: Server): AddressBlock {
  let used = 0;
  const address = (n: number): string => {
    if (n < 1 || n > LAST) throw new RangeError(`no address ${n} in a block of ${LAST}`);
    return `${prefix}.${n}`;
  };
  return { address, next: () => address((used += 1)), release: () => claim.close() };
}

/** The listening server, or undefined where the address is taken. */
async function listen(host: string, port: number): Promise<Server | undefined> {
  const server = createServer().unref();
  const { promise, resolve } = Promise.withResolvers<Server | undefined>();
  server.once("error", () => {
    resolve(undefined);
  });
  server.listen(port, host, () => {
    resolve(server);
  });
  return promise;
}

function randomInteger(from: number, to: number): number {
  return from + Math.floor(Math.random() * (to - from + 1));
}
