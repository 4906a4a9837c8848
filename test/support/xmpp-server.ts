import type { Authority, CertificateOptions } from "./authority.ts";
import type { RestartableProcess } from "./restartable-process.ts";

/** A server of a foreign domain. */
export interface XmppServerOptions {
  /** Loopback address of all its listeners. */
  readonly host: string;
  readonly domain: string;
  /** Signs its certificate, and counts. */
  readonly authority: Authority;
  /** `address@port` of the name server. */
  readonly dns: string;
  /** User names and passwords. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Of its certificate, which is for the domain unless told. */
  readonly certificate?: CertificateOptions;
  /** For its files, and there; a temporary one unless told. */
  readonly directory?: string;
  /** Components of a Prosody: by domain, a module of this directory. */
  readonly components?: { readonly directory: string; readonly modules: Readonly<Record<string, string>> };
  /** False: Prosody does not offer STARTTLS. */
  readonly tls?: boolean;
}

export interface XmppServer extends XmppServerOptions {
  readonly process: RestartableProcess;
}
