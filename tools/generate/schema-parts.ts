/** Parts that JSON schemas of values are made of. */
export type Schema = Readonly<Record<string, unknown>>;

export const free = (description: string): Schema => ({ type: "object", description });
export const text = (description: string): Schema => ({ type: "string", description });
export const flag = (description: string): Schema => ({ type: "boolean", description });
export const list = (description: string, items: Schema): Schema => ({ type: "array", items, description });
export const object = (description: string, properties: Record<string, Schema>): Schema => ({
  type: "object",
  description,
  additionalProperties: false,
  properties,
});
export const integer = (description: string, minimum: number, maximum?: number): Schema => ({
  type: "integer",
  description,
  minimum,
  ...(maximum !== undefined && { maximum }),
});
export const optional = (schema: Schema): Schema => ({ ...schema, type: [schema.type, "null"] });
export const oneOf = (description: string, ...values: string[]): Schema => ({
  type: "string",
  enum: values,
  description,
});
