import type { RequestOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { KubeConfig } from "@kubernetes/client-node";

/** What a connection to the API server needs: anything of it may be rotated while we run. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}

export type TlsOptions = Pick<RequestOptions, "ca" | "cert" | "key" | "pfx" | "passphrase"> & {
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
};

/** Files are read again after this; client-node itself keeps a token for a minute. */
const MAX_AGE_MS = 10_000;

/** The current credentials of a kubeconfig, read again every few seconds instead of on each call. */
export class CredentialSource {
  readonly #kubeConfig: KubeConfig;
  readonly #now: () => number;
  #current: Promise<Credentials> | undefined;
  #readAt = 0;
  #tls: TlsOptions = {};

  constructor(kubeConfig: KubeConfig, now: () => number = () => performance.now()) {
    this.#kubeConfig = kubeConfig;
    this.#now = now;
  }

  /** The object in `tls` stays the same as long as its content does. Rejects where a file cannot be read. */
  current(): Promise<Credentials> {
    if (this.#current !== undefined && this.#now() - this.#readAt < MAX_AGE_MS) return this.#current;
    this.#readAt = this.#now();
    const reading = this.#read();
    this.#current = reading;
    reading.catch(() => {
      if (this.#current === reading) this.#current = undefined;
    });
    return reading;
  }

  async #read(): Promise<Credentials> {
    const options: RequestOptions = {};
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const tls = tlsOptions(options);
    if (!isDeepStrictEqual(tls, this.#tls)) this.#tls = tls;
    return { headers: authorization(options), tls: this.#tls };
  }
}

function tlsOptions(options: RequestOptions): TlsOptions {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const all = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function authorization(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value).trim();
  if (typeof options.auth === "string") {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  }
  return headers;
}
