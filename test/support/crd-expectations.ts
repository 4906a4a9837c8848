/** Which refusals a schema promises: one for each of its rules and bounds. */
import type { Schema } from "../../tools/generate/schema.ts";
import type { Cause } from "./crds.ts";

/** A refusal in the API server's own words. */
export interface Expectation {
  /** `spec.sources[]` for the items of a list. */
  readonly field: string;
  /** The message, or how it starts. */
  readonly message: string;
}

/** Every refusal that a schema and what it contains can cause. */
export function expectationsOf(schema: Schema, field = ""): Expectation[] {
  const rules = (schema["x-kubernetes-validations"] ?? []).map(({ fieldPath = "", message }) => ({
    field: join(field, fieldPath.slice(1)),
    message,
  }));
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !isServersOwn(field, name));
  return [
    ...rules,
    ...boundsOf(schema).map((message) => ({ field, message })),
    ...(schema.required ?? []).map((name) => ({ field: join(field, name), message: "Required value" })),
    ...properties.flatMap(([name, property]) => expectationsOf(property, join(field, name))),
    ...(schema.items === undefined ? [] : expectationsOf(schema.items, `${field}[]`)),
  ];
}

export function fulfils(cause: Cause, { field, message }: Expectation): boolean {
  return cause.field?.replace(/\[\d+\]/g, "[]") === field && cause.message.includes(message);
}

function boundsOf(schema: Schema): string[] {
  return [
    schema.minimum !== undefined && `should be greater than or equal to ${schema.minimum}`,
    schema.maximum !== undefined && `should be less than or equal to ${schema.maximum}`,
    schema.minLength !== undefined && `should be at least ${schema.minLength} chars long`,
    schema.maxLength !== undefined && `Too long: may not be more than ${schema.maxLength} bytes`,
    schema.maxItems !== undefined &&
      `Too many: ${schema.maxItems + 1}: must have at most ${schema.maxItems} items`,
    schema.pattern !== undefined && `should match '${schema.pattern}'`,
    schema.format === "date-time" && "must be of type date-time",
    schema.enum !== undefined && "Unsupported value",
  ].filter((message) => message !== false);
}

/** Checked by the API server itself, before our schema. */
function isServersOwn(field: string, name: string): boolean {
  return field === "" && ["apiVersion", "kind", "metadata"].includes(name);
}

function join(field: string, name: string): string {
  return [field, name].filter((part) => part !== "").join(".");
}
