import { connect } from "node:net";
import { type Exchange, type ExchangeLimits, SILENCE } from "./exchange.ts";
import type { Query } from "./message.ts";
import type { ServerAddress } from "./server-address.ts";

/** Each message follows its length (RFC 1035 §4.2.2). */
const LENGTH_BYTES = 2;

const UNREACHABLE: Exchange = { ok: false, what: "could not be reached over TCP" };
const BROKEN: Exchange = { ok: false, what: "sent no proper answer over TCP" };

/** Sends a query over a connection of its own and waits for its reply. */
export async function overTcp(
  server: ServerAddress,
  query: Query,
  { tryMs, signal }: ExchangeLimits,
): Promise<Exchange> {
  if (signal.aborted) return SILENCE;
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const giveUp = (): void => {
    resolve({ ok: false, what: "did not answer over TCP" });
  };
  const timer = setTimeout(giveUp, tryMs).unref();
  signal.addEventListener("abort", giveUp);
  const socket = connect({ ...server, noDelay: true }).unref();
  let received: Buffer = Buffer.alloc(0);
  socket.on("error", () => {
    resolve(UNREACHABLE);
  });
  socket.on("close", () => {
    resolve(BROKEN);
  });
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const message = firstMessage(received);
    if (message === undefined) return;
    const reply = query.read(message);
    resolve(reply === undefined ? BROKEN : { ok: true, reply });
  });
  socket.write(framed(query.bytes));
  const result = await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", giveUp);
  socket.destroy();
  return result;
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** The first message, once it is complete. */
function firstMessage(received: Buffer): Buffer | undefined {
  if (received.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + received.readUInt16BE();
  return received.length < end ? undefined : received.subarray(LENGTH_BYTES, end);
}
