import { header, parameter } from "../sip/headers.ts";
import type { SipAnswer, SipRequest } from "../sip/types.ts";

export type TextBody =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly answer: SipAnswer };

/** Bytes of text that XMPP servers are sure to carry, with room for what surrounds it, and for `&amp;`. */
const MAX_BYTES = 64 * 1024;
/** What UTF-8 reads; it is the default of SIP (RFC 3261 §7.4.1). */
const CHARSETS: readonly (string | undefined)[] = [undefined, "utf-8", "utf8", "us-ascii"];

/**
 * The text of a request: text/plain in UTF-8, which is all that XMPP has a place for (RFC 7572 §5). Else 415 with what would
 * be taken (RFC 3261 §8.2.3, RFC 3428 §7), 513 what is too large, 400 what is not the UTF-8 that it says it is.
 */
export function readText({ headers, body }: SipRequest): TextBody {
  const type = header(headers, "Content-Type");
  const encoding = header(headers, "Content-Encoding")?.toLowerCase() ?? "identity";
  if (encoding !== "identity") return refused(415, ["Accept-Encoding", "identity"]);
  if (!isPlainText(type, body)) return refused(415, ["Accept", "text/plain"]);
  if (body.length > MAX_BYTES) return refused(513);
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(body) };
  } catch {
    return refused(400);
  }
}

function isPlainText(type: string | undefined, body: Buffer): boolean {
  if (type === undefined) return body.length === 0;
  const [essence = ""] = type.split(";");
  const charset = parameter(type, "charset")?.toLowerCase();
  return essence.trim().toLowerCase() === "text/plain" && CHARSETS.includes(charset);
}

function refused(status: number, ...headers: [string, string][]): TextBody {
  return { ok: false, answer: { status, headers } };
}
