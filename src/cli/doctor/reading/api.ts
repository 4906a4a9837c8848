import { GROUP, VERSION } from "../../../api/names.ts";
import type { ApiServer } from "../../api-server.ts";
import { Refusal } from "../../command.ts";
import type { ApiFacts, Definitions } from "../facts.ts";

/** A `Date` header tells whole seconds: half of one either way. */
const ROUNDING = 500;

/** Asks the API server for its version, and reads its clock on the way. Throws `Failure`. */
export async function readApi(api: ApiServer, clock: () => number = Date.now): Promise<ApiFacts> {
  const sent = clock();
  const { status, body, date } = await api.call("GET", "/version");
  const received = clock();
  if (status !== 200)
    throw new Refusal(status, `the API server ${api.server} answered with ${status} to /version`);
  const { gitVersion } = JSON.parse(body) as { gitVersion?: string };
  // what was cut off of the second is half of one, on average
  const ahead = date === undefined ? undefined : date.getTime() + ROUNDING - (sent + received) / 2;
  return {
    server: api.server,
    version: gitVersion ?? "unknown",
    ahead,
    doubt: (received - sent) / 2 + ROUNDING,
  };
}

/** By discovery and OpenAPI, which everybody who is logged in may read. Throws `Failure`. */
export async function readDefinitions(api: ApiServer): Promise<Definitions> {
  const versions = await servedVersions(api);
  if (!versions.includes(VERSION)) return { versions, fields: undefined };
  return { versions, fields: await fieldsOf(api) };
}

async function servedVersions(api: ApiServer): Promise<readonly string[]> {
  try {
    const group = (await api.get(`/apis/${GROUP}`)) as { versions: readonly { version: string }[] };
    return group.versions.map(({ version }) => version);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return [];
    throw error;
  }
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly "x-kubernetes-group-version-kind"?: readonly { readonly kind: string; readonly group: string }[];
}

async function fieldsOf(api: ApiServer): Promise<Definitions["fields"]> {
  let document: { readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> } };
  try {
    document = (await api.get(`/openapi/v3/apis/${GROUP}/${VERSION}`)) as typeof document;
  } catch (error) {
    // not every cluster lets everybody read it
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  const kinds = Object.values(document.components?.schemas ?? {}).flatMap((schema) => {
    const kind = schema["x-kubernetes-group-version-kind"]?.find(({ group }) => group === GROUP)?.kind;
    const spec = schema.properties?.spec?.properties;
    return kind === undefined || spec === undefined ? [] : [[kind, Object.keys(spec)] as const];
  });
  return Object.fromEntries(kinds);
}
