import type { SipUri } from "../federation/types.ts";

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):(.+)$/;
/** RFC 3261 §25.1: [ userinfo "@" ] hostport, then parameters and headers. */
const HOST_PART = /^(?:([^@\s]*)@)?(\[[0-9A-Fa-f:.]+\]|[^\s:;?@[\]]+)(?::(\d{1,5}))?(?:[;?]\S*)?$/;
const MAX_PORT = 65_535;

/** Parses what a person types: a sip, sips or tel URI, or one of another scheme. Undefined where it is none. */
export function parseSipUri(text: string): SipUri | undefined {
  const [, scheme, rest] = SCHEME.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const lower = scheme.toLowerCase();
  return lower === "sip" || lower === "sips" ? parseHostPart(lower, rest) : { scheme: lower, user: rest };
}

function parseHostPart(scheme: string, rest: string): SipUri | undefined {
  const [, userinfo, host, port] = HOST_PART.exec(rest) ?? [];
  if (host === undefined || Number(port ?? 0) > MAX_PORT) return undefined;
  const user = userinfo?.split(":")[0];
  return {
    scheme,
    host: host.replace(/^\[|\]$/g, ""),
    ...(user !== undefined && user !== "" && { user }),
    ...(port !== undefined && { port: Number(port) }),
  };
}
