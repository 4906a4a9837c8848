/** A certificate authority of a test's own, by openssl. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary.ts";

/** As PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Subject alternative names as openssl writes them: `DNS:x`, `URI:sip:x`, `IP:192.0.2.1`. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  /** As openssl writes it: `serverAuth`, `1.3.6.1.5.5.7.3.20`. Absent: the extension is absent too. */
  readonly extendedKeyUsage?: string;
  /** Until when it is valid, from now; negative: it has expired. */
  readonly days?: number;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export class Authority {
  readonly #directory: string;
  #issued = 0;

  /** @param directory for its files; a temporary one unless told */
  constructor(directory = temporaryDirectory("authority")) {
    this.#directory = directory;
    const files = ["-keyout", this.#path("ca.key"), "-out", this.#path("ca.crt")];
    openssl("req", "-x509", ...KEY, ...files, "-days", "3650", "-subj", "/CN=Test Authority");
  }

  /** Its own certificate, as PEM. */
  get certificate(): string {
    return readFileSync(this.#path("ca.crt"), "utf8");
  }

  /** Where its own certificate lies. */
  get certificateFile(): string {
    return this.#path("ca.crt");
  }

  issue(options: CertificateOptions): Credentials {
    const n = (this.#issued += 1);
    const [key, request, extensions, cert] = ["key", "csr", "ext", "crt"].map((end) =>
      this.#path(`${n}.${end}`),
    ) as [string, string, string, string];
    const { names = [], commonName = "test", extendedKeyUsage, days = 30 } = options;
    writeFileSync(
      extensions,
      [
        ...(names.length > 0 ? ["subjectAltName=@names"] : []),
        ...(extendedKeyUsage === undefined ? [] : [`extendedKeyUsage=${extendedKeyUsage}`]),
        "basicConstraints=CA:FALSE",
        "[names]",
        ...names.map((name, n) => name.replace(":", `.${n} = `)),
      ].join("\n"),
    );
    openssl("req", ...KEY, "-keyout", key, "-out", request, "-subj", `/CN=${commonName}`);
    const by = ["-CA", this.#path("ca.crt"), "-CAkey", this.#path("ca.key"), "-extfile", extensions];
    openssl("x509", "-req", "-in", request, "-out", cert, ...by, "-days", String(days));
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  }

  /** Writes what the router needs for TLS into a directory, named as in a Secret. */
  install(directory: string, options: CertificateOptions): void {
    const { cert, key } = this.issue(options);
    writeFileSync(join(directory, "tls.crt"), cert);
    writeFileSync(join(directory, "tls.key"), key);
    writeFileSync(join(directory, "ca.crt"), this.certificate);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
