/** An object of the configuration file: other keys than these are refused. */
export function section(properties: Record<string, object>, required: readonly string[] = []) {
  return { type: "object", additionalProperties: false, properties, required };
}
