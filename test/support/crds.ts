/** What the API server says of objects of our kinds, without storing them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { Agent, request } from "undici";
import { API_VERSION } from "../../src/api/names.ts";
import type { CustomResourceDefinition, Schema } from "../../tools/generate/schema.ts";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import type { KubernetesApi } from "./control-plane.ts";

/** One cause of a refusal (meta/v1 StatusCause). */
export interface Cause {
  readonly field?: string;
  readonly message: string;
}

/** The answer to a call that changes nothing. */
export interface Answer {
  /** HTTP status. */
  readonly code: number;
  readonly causes: readonly Cause[];
}

/** An object to try: what is left out is as small as it may be. */
export interface Candidate {
  readonly kind: "StaticRoute" | "FederatedDomain";
  readonly name: string;
  readonly spec?: object;
  readonly status?: object;
}

/** Asks the API server whether it would create the object, unknown fields refused. */
export async function tryCreate(api: KubernetesApi, { kind, name, spec }: Candidate): Promise<Answer> {
  const body = { apiVersion: API_VERSION, kind, metadata: { name }, ...(spec && { spec }) };
  return send(api, "POST", pathOf("default", kind), "application/json", body);
}

/** Asks the API server whether an object that exists in the namespace may have this status. */
export async function tryStatus(
  api: KubernetesApi,
  namespace: string,
  { kind, name, status }: Candidate,
): Promise<Answer> {
  const path = `${pathOf(namespace, kind)}/${name}/status`;
  return send(api, "PATCH", path, "application/merge-patch+json", { status });
}

/** The schema of a kind as it is in crds/. */
export function schemaOf(kind: Candidate["kind"]): Schema {
  const file = join(repositoryRoot, "crds", `${kind.toLowerCase()}s.sipfederation.io.yaml`);
  const crd = load(readFileSync(file, "utf8")) as CustomResourceDefinition;
  return crd.spec.versions[0].schema.openAPIV3Schema;
}

function pathOf(namespace: string, kind: string): string {
  return `/apis/${API_VERSION}/namespaces/${namespace}/${kind.toLowerCase()}s`;
}

let agent: { readonly ca: string; readonly dispatcher: Agent } | undefined;

function dispatcherFor(api: KubernetesApi): Agent {
  if (agent?.ca !== api.ca) agent = { ca: api.ca, dispatcher: new Agent({ connect: { ca: api.ca } }) };
  return agent.dispatcher;
}

async function send(
  api: KubernetesApi,
  method: "POST" | "PATCH",
  path: string,
  contentType: string,
  object: object,
): Promise<Answer> {
  const { statusCode, body } = await request(`${api.server}${path}?dryRun=All&fieldValidation=Strict`, {
    dispatcher: dispatcherFor(api),
    method,
    headers: { authorization: `Bearer ${api.token}`, "content-type": contentType },
    body: JSON.stringify(object),
  });
  const answer = (await body.json()) as { message?: string; details?: { causes?: Cause[] } };
  const causes =
    answer.details?.causes ?? (answer.message === undefined ? [] : [{ message: answer.message }]);
  return { code: statusCode, causes };
}
