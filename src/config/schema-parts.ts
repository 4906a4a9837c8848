/** What the schema of the configuration file is made of. */

export const port = (description: string, preset?: number) => ({
  type: "integer",
  minimum: 1,
  maximum: 65535,
  description,
  ...(preset !== undefined && { default: preset }),
});

export const listener = (description: string, host: string, preset: number) => ({
  description,
  ...section({
    host: { ...hostName("Host name or IP address to listen on."), default: host },
    port: { ...port("TCP port; 0 takes any free one.", preset), minimum: 0 },
  }),
});

export function section(properties: Record<string, object>, required: readonly string[] = []) {
  return { type: "object", additionalProperties: false, properties, required };
}

export function hostName(description: string) {
  return { type: "string", canonical: "host", description };
}

export const address = {
  ...section(
    {
      host: hostName("Host name or IP address. `0.0.0.0` and `::` stand for every address of this machine."),
      port: port("SIP port."),
    },
    ["host", "port"],
  ),
};

export function certificateNames(whose: string) {
  return {
    type: "array",
    default: [],
    maxItems: 32,
    items: { type: "string", canonical: "domain" },
    description: `Names of ${whose}, which a connection over TLS proves (RFC 5922).`,
  };
}
