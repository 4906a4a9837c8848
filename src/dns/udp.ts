import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { type Exchange, type ExchangeLimits, SILENCE } from "./exchange.ts";
import type { Query } from "./message.ts";
import type { ServerAddress } from "./server-address.ts";

/**
 * Sends a query in a datagram and waits for its reply. The socket is its own, so that the source port is a new random
 * one, and it is connected, so that the kernel passes on only what comes from the server, its absence included: who
 * wants to forge a reply has to guess port and id within the time of one try (RFC 5452).
 */
export async function overUdp(
  { host, port }: ServerAddress,
  query: Query,
  { tryMs, signal }: ExchangeLimits,
): Promise<Exchange> {
  if (signal.aborted) return SILENCE;
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const giveUp = (): void => {
    resolve(SILENCE);
  };
  const timer = setTimeout(giveUp, tryMs).unref();
  signal.addEventListener("abort", giveUp);
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4").unref();
  socket.on("error", () => {
    resolve({ ok: false, what: "could not be reached" });
  });
  socket.on("message", (data) => {
    const reply = query.read(data);
    // Anything else may be forged, so the reply is still waited for.
    if (reply !== undefined) resolve({ ok: true, reply });
  });
  socket.once("connect", () => {
    socket.send(query.bytes);
  });
  // Not with a callback, which would take the error in the place of the event.
  socket.connect(port, host);
  const result = await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", giveUp);
  socket.close();
  return result;
}
