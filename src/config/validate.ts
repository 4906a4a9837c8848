import { Ajv, type AnySchemaObject, type SchemaValidateFunction } from "ajv";
import type { DataValidationCxt } from "ajv/dist/types/index.js";
import { type Canonical, assertedDomain, domain, host, loopback, nameServer, network } from "./canonical.ts";
import type { TrustedPeer } from "../federation/types.ts";
import type { ConfigFile } from "./file.ts";
import { type Problem, describe } from "./problems.ts";
import { configSchema } from "./schema.ts";

export type Validated =
  | { readonly ok: true; readonly file: ConfigFile }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const CANONICAL: Record<string, (text: string) => Canonical> = {
  assertedDomain,
  domain,
  host,
  loopback,
  nameServer,
  network,
};

/** Checks against the schema, fills in defaults, and replaces values by their canonical spelling. */
export function validate(document: unknown): Validated {
  const file: unknown = structuredClone(document);
  if (isConfigFile(file)) return { ok: true, file };
  return { ok: false, problems: (isConfigFile.errors ?? []).map(describe) };
}

/** The schema keyword `canonical`: replaces a string by its canonical form, or says what is wrong with it. */
const canonicalise: SchemaValidateFunction = (
  form: string,
  text: string,
  _schema?: AnySchemaObject,
  place?: DataValidationCxt,
) => {
  const result = CANONICAL[form]?.(text);
  if (result === undefined || place === undefined) throw new Error(`unknown canonical form ${form}`);
  if (result.ok) {
    (place.parentData as Record<string | number, unknown>)[place.parentDataProperty] = result.value;
    return true;
  }
  canonicalise.errors = [{ keyword: "canonical", params: {}, message: result.problem }];
  return false;
};

/** The schema keyword `told`: somebody who is told by nothing is nobody. */
const isTold: SchemaValidateFunction = (_schema: boolean, peer: TrustedPeer): boolean => {
  if (peer.sources.length + peer.certificateNames.length > 0) return true;
  isTold.errors = [{ keyword: "told", params: {}, message: "names neither sources nor certificateNames" }];
  return false;
};

const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, strictRequired: false });
ajv.addKeyword({
  keyword: "canonical",
  type: "string",
  schemaType: "string",
  modifying: true,
  validate: canonicalise,
});
ajv.addKeyword({ keyword: "told", type: "object", schemaType: "boolean", validate: isTold });
const isConfigFile = ajv.compile<ConfigFile>(configSchema);
