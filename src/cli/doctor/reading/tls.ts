import { once } from "node:events";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { Failure } from "../../command.ts";
import type { TlsFacts, TlsOutcome } from "../checks/tls.ts";

/** A next hop as it was named on the command line. */
export interface NextHopPlace {
  readonly host: string;
  readonly port: number;
  /** Whose certificate is expected; the host unless told. */
  readonly serverName?: string | undefined;
  /** PEM files: authorities, and what is shown to the other side. */
  readonly authorities?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Milliseconds to connect and shake hands. */
const TIMEOUT = 5_000;
/** Under TLS 1.3 a side that wants a certificate says so after the handshake (RFC 8446 §4.4.2.4): milliseconds for it. */
const AFTERWARDS = 500;

/** Connects once, sends nothing, and tells what the other side showed. Throws `Failure` for files that cannot be read. */
export async function readTls(place: NextHopPlace): Promise<TlsFacts> {
  const { host, port, serverName = host, authorities, certificate, key } = place;
  const files = { ca: pem(authorities), cert: pem(certificate), key: pem(key) };
  const socket = connect({
    host,
    port,
    ...Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined)),
    minVersion: "TLSv1.2",
    // an address is no server name (RFC 6066 §3)
    ...(isIP(serverName) === 0 && { servername: serverName }),
    // what is wrong with it is what we are here for
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  try {
    return {
      place: `${host.includes(":") ? `[${host}]` : host}:${port}`,
      serverName,
      authorities: authorities ?? "this machine (--authorities names others)",
      outcome: await outcomeOf(socket),
    };
  } finally {
    socket.destroy();
  }
}

async function outcomeOf(socket: TLSSocket): Promise<TlsOutcome> {
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    return { ok: false, why: whyNot(error, socket) };
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { ok: false, why: "it shows no certificate" };
  const { subject, subjectAltName, keyUsage, issuer, validFrom, validTo } = certificate;
  return {
    ok: true,
    address: socket.remoteAddress ?? "",
    protocol: socket.getProtocol() ?? "TLS",
    chainProblem: socket.authorized ? undefined : chainProblem(socket.authorizationError),
    refusedAfterwards: await closing(socket),
    certificate: {
      ...{ subject, subjectAltName, keyUsage, issuer },
      validFrom: new Date(validFrom),
      validTo: new Date(validTo),
    },
  };
}

/** What its dates say is told apart from its chain. */
const OF_DATES = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

function chainProblem(error: unknown): string | undefined {
  // typed as an Error, and it is the code of one
  const code =
    error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  return OF_DATES.has(code) ? undefined : (PROBLEMS[code] ?? code);
}

/** Why the other side closes the connection at once; undefined where it waits. */
async function closing(socket: TLSSocket): Promise<string | undefined> {
  try {
    await once(socket.resume(), "close", { signal: AbortSignal.timeout(AFTERWARDS) });
    return "without a word";
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code === "ABORT_ERR") return undefined;
    return /alert ([a-z ]+)/.exec(message)?.[1] ?? code;
  }
}

function whyNot(error: unknown, socket: TLSSocket): string {
  const { code = "", message } =
    error instanceof AggregateError
      ? (error.errors[0] as Error & { code?: string })
      : (error as Error & { code?: string });
  if (code === "ABORT_ERR")
    return socket.connecting ? "it does not answer" : "it does not answer the TLS handshake";
  return PROBLEMS[code] ?? message;
}

const UNKNOWN_AUTHORITY = "no authority that is known here has signed its certificate";
const PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  INVALID_PURPOSE: "its certificate is not for TLS servers",
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it closes the connection",
  ENOTFOUND: "its name has no address",
  ERR_SSL_WRONG_VERSION_NUMBER: "what answers there does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "what answers there does not speak TLS",
};

function pem(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
