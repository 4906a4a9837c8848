import type { ErrorObject } from "ajv";
import { configSchema } from "./schema.ts";
import { closest } from "./suggest.ts";

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Key as a person would write it: `trustedPeers[0].sources`; empty for the whole file. */
  readonly path: string;
  /** What is wrong and what to do about it. */
  readonly message: string;
}

/** All problems as one text, a line each. */
export function formatProblems(file: string, problems: readonly Problem[]): string {
  const lines = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  if (lines.length === 1) return `${file}: ${lines[0] ?? ""}`;
  return [`${file} has ${lines.length} problems:`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** What ajv found, in the words of the configuration file. */
export function describe(error: ErrorObject): Problem {
  const path = keyPath(error.instancePath);
  if (error.keyword === "additionalProperties") return unknownKey(path, error);
  if (error.keyword === "required") return missingKey(path, error);
  return { path, message: `${show(error.data)} ${complaint(error)}` };
}

function unknownKey(parent: string, error: ErrorObject): Problem {
  const key = String(error.params.additionalProperty);
  const siblings = Object.keys((error.parentSchema?.properties ?? {}) as object);
  const meant = closest(key, siblings) ?? elsewhere(key);
  const hint = meant === undefined ? `known here: ${siblings.join(", ")}` : `did you mean ${meant}?`;
  return { path: join(parent, key), message: `unknown key; ${hint}` };
}

function missingKey(parent: string, error: ErrorObject): Problem {
  const key = String(error.params.missingProperty);
  const properties = error.parentSchema?.properties as Record<string, { description?: string }> | undefined;
  const description = properties?.[key]?.description ?? "";
  return { path: join(parent, key), message: `is required. ${description}`.trim() };
}

/** A key that exists, but in another section. */
function elsewhere(key: string): string | undefined {
  const sections = Object.entries(configSchema.properties as Record<string, { properties?: object }>);
  const found = sections.find(([, { properties }]) => properties !== undefined && key in properties);
  return found && `${found[0]}.${key}`;
}

const COMPLAINTS: Record<string, (params: Record<string, unknown>) => string> = {
  enum: ({ allowedValues }) => `is none of ${(allowedValues as string[]).join(", ")}`,
  type: ({ type }) => `must be ${article(String(type))}`,
  minimum: ({ limit }) => `is too small: the least is ${String(limit)}`,
  maximum: ({ limit }) => `is too large: the most is ${String(limit)}`,
  minItems: ({ limit }) => `must have at least ${String(limit)} item`,
  maxItems: ({ limit }) => `must have at most ${String(limit)} items`,
  minLength: () => "must not be empty",
  pattern: () => "must be lower-case letters, digits and dashes (DNS label)",
};

function complaint(error: ErrorObject): string {
  return COMPLAINTS[error.keyword]?.(error.params) ?? error.message ?? "is not valid";
}

function article(type: string): string {
  if (type === "object") return "a mapping of keys to values";
  if (type === "array") return "a list (lines that start with a dash)";
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** `/trustedPeers/0/sources` → `trustedPeers[0].sources`. */
function keyPath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, token) => (/^\d+$/.test(token) ? `${path}[${token}]` : join(path, token)), "");
}

function join(parent: string, key: string): string {
  return parent === "" ? key : `${parent}.${key}`;
}
