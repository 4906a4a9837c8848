import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { SipTarget } from "./sip/transport.ts";
import { waitFor } from "./wait-for.ts";

/** Waits until some process has a socket at an IPv4 address and port; nothing is sent to it. */
export async function waitForListener({ host, port, transport }: SipTarget): Promise<void> {
  const wanted = `${kernelAddress(host)}:${port.toString(16).padStart(4, "0").toUpperCase()}`;
  await waitFor(`a listener at ${host}:${port} over ${transport}`, () =>
    readFileSync(`/proc/net/${transport}`, "utf8")
      .split("\n")
      .some((line) => line.trim().split(/\s+/)[1] === wanted),
  );
}

/** As /proc/net/tcp writes it: the four bytes, the last one first. */
function kernelAddress(host: string): string {
  return host
    .split(".")
    .map((byte) => Number(byte).toString(16).padStart(2, "0").toUpperCase())
    .reverse()
    .join("");
}

/** Whether somebody takes a TCP connection there at this moment. */
export async function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, host);
  socket.once("connect", () => {
    resolve(true);
  });
  socket.once("error", () => {
    resolve(false);
  });
  const accepted = await promise;
  socket.destroy();
  return accepted;
}
