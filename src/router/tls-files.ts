import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

/** Files by which the router speaks TLS, PEM each. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Authorities whose signature counts. */
  readonly caFile: string;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Differs whenever any of them does. */
  readonly digest: string;
  /** When the certificate ends, in milliseconds since 1970. */
  readonly notAfter: number;
}

export type ReadMaterial =
  | { readonly ok: true; readonly material: TlsMaterial }
  /** A sentence without its full stop that names the file, or says that they do not fit. */
  | { readonly ok: false; readonly problem: string };

/**
 * Reads them, and finds out whether the router could use them.
 * @param known what was read before: it is not looked into again while the files hold the same
 */
export async function readMaterial(files: TlsFiles, known?: TlsMaterial): Promise<ReadMaterial> {
  const paths = [files.certificateFile, files.keyFile, files.caFile];
  const read = await Promise.allSettled(paths.map((path) => readFile(path, "utf8")));
  const unread = read.findIndex(({ status }) => status === "rejected");
  if (unread >= 0) return { ok: false, problem: `${paths[unread] ?? ""} cannot be read` };
  const [cert = "", key = "", ca = ""] = read.map((it) => (it.status === "fulfilled" ? it.value : ""));
  const digest = digestOf(cert, key, ca);
  if (known?.digest === digest) return { ok: true, material: known };
  try {
    createSecureContext({ cert, key, ca });
    const notAfter = Date.parse(new X509Certificate(cert).validTo);
    return { ok: true, material: { cert, key, ca, digest, notAfter } };
  } catch (error) {
    const { message } = error as Error;
    return { ok: false, problem: `${paths.join(", ")} cannot be used together: ${message}` };
  }
}

function digestOf(...texts: string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:${text}`);
  return hash.digest("hex");
}
