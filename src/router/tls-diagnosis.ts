import { once } from "node:events";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { TlsMaterial } from "./tls-files.ts";

/** An address to connect to, and the name that is asked for there. */
export interface TlsPlace {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
}

const TIMEOUT_MS = 2000;

/** The place in the URI of a TLS next hop by address, as encode.ts writes it; undefined of any other. */
export function tlsPlaceOf(uri: string): TlsPlace | undefined {
  const match = /^sip:(?:\[([^\]]+)\]|([^:;]+)):(\d+);transport=tls;tls=([^;]+)/.exec(uri);
  if (!match) return undefined;
  const [, ipv6, host = "", port = "", serverName = ""] = match;
  return { host: ipv6 ?? host, port: Number(port), serverName };
}

/** In the words of people; every other error speaks for itself. */
const PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "no authority that is known here has signed its certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "no authority that is known here has signed its certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "no authority that is known here has signed its certificate",
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it closes the connection",
};

/**
 * Why there is no TLS connection to a place: the router only sees that there is none. Tries it once, with the router's
 * own certificate. A sentence without its full stop; undefined where a connection comes to be.
 */
export async function diagnoseTls(place: TlsPlace, material: TlsMaterial): Promise<string | undefined> {
  const { cert, key, ca } = material;
  const { host, port, serverName } = place;
  const socket = connect({
    host,
    port,
    cert,
    key,
    ca,
    minVersion: "TLSv1.2",
    // an address is no server name (RFC 6066 §3)
    ...(/[g-z.]/.test(serverName) && isIP(serverName) === 0 && { servername: serverName }),
    // whose certificate it is, the router finds out
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return undefined;
  } catch (error) {
    return problemOf(error, socket);
  } finally {
    socket.destroy();
  }
}

function problemOf(error: unknown, socket: TLSSocket): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (code === "ABORT_ERR") {
    return socket.connecting ? "it does not answer" : "it does not answer the TLS handshake";
  }
  return PROBLEMS[code] ?? message;
}
