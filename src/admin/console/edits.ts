import type { Edit } from "./types.ts";
import type { Read } from "./domains/query.ts";

/** What became of an edit. `status`: of HTTP, as the API server answered. */
export type Edited =
  { readonly ok: true } | { readonly ok: false; readonly status: number; readonly error: string };

const ON_DOMAINS = ["block", "allow", "adopt", "remove"] as const;
const ON_ROUTES = ["open", "close"] as const;
/** The API server checks the rest (RFC 1123, as in crds/). */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const UID = /^[A-Za-z0-9-]{1,64}$/;

/** Reads the body of an edit. */
export function readEdit(body: unknown): Read<Edit> {
  if (typeof body !== "object" || body === null) return wrong("body", "is no JSON object");
  const fields = body as Fields;
  if (fields.action === "add") return readAdd(fields);
  const onDomain = ON_DOMAINS.find((one) => one === fields.action);
  const onRoute = ON_ROUTES.find((one) => one === fields.action);
  const { domain, route, uid } = fields;
  if (typeof uid !== "string" || !UID.test(uid)) return wrong("uid", "is not that of an object");
  if (onDomain)
    return isName(domain) ? { ok: true, value: { action: onDomain, domain, uid } } : noName("domain");
  if (onRoute) return isName(route) ? { ok: true, value: { action: onRoute, route, uid } } : noName("route");
  return wrong("action", "is none that the console knows");
}

type Fields = Readonly<Record<string, unknown>>;

function readAdd({ domain, policy }: Fields): Read<Edit> {
  if (policy !== "Allow" && policy !== "Block") return wrong("policy", "is neither Allow nor Block");
  return isName(domain) ? { ok: true, value: { action: "add", domain, policy } } : noName("domain");
}

function isName(name: unknown): name is string {
  return typeof name === "string" && NAME.test(name);
}

function noName(parameter: string): Read<Edit> {
  return wrong(parameter, "is not a name such as partner.example");
}

function wrong(parameter: string, problem: string): Read<Edit> {
  return { ok: false, parameter, problem };
}
