import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { AdminServer } from "../../src/admin/server.ts";
import { sipfed } from "../../src/cli/sipfed.ts";
import { explain, type View } from "../../src/federation/explain.ts";
import type { SipRequest } from "../../src/federation/types.ts";
import { config, domain } from "./federation-objects.ts";
import { routes, viewOf } from "./federation-view.ts";

/** What ends with a test, or with a file of them. */
export interface Scope {
  after(cleanUp: () => unknown): void;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line. */
export async function run(...args: string[]): Promise<Outcome> {
  const written = { out: "", err: "" };
  const code = await sipfed(args, {
    name: "sipfed",
    out: (text) => (written.out += text),
    err: (text) => (written.err += text),
  });
  return { code, ...written };
}

const OBJECTS = {
  routes: routes({
    default: { destinationPattern: ".*", nextHop: "sbc.test", blockRoute: false },
    spare: {
      destinationPattern: ".*",
      nextHop: "2001:db8::7",
      blockRoute: false,
      priority: 2,
      nextHopPort: 5080,
    },
    old: { destinationPattern: "*.example", nextHop: "old.test", service: "Disabled" },
    lost: { destinationPattern: "lost.example", nextHop: "lost.test", allowLessSpecificRoute: false },
  }),
  domains: [domain("blocked.example", { policy: "Block" })],
};
const WHERE: Readonly<Record<string, ReturnType<View["whereabouts"]>>> = {
  "sbc.test": {
    addresses: [
      { address: "192.0.2.1", port: 5060, alive: false },
      { address: "192.0.2.2", port: 5060, alive: true },
    ],
    problem: undefined,
  },
  "2001:db8::7": {
    addresses: [{ address: "2001:db8::7", port: 5080, alive: undefined }],
    problem: undefined,
  },
};

/** The admin listener of an operator that knows some objects, on loopback. */
export async function startOperator(scope: Scope): Promise<{ readonly host: string; readonly port: number }> {
  const view = viewOf(OBJECTS, config(), {
    whereabouts: ({ host }) => WHERE[host] ?? { addresses: [], problem: `${host} has no A or AAAA record` },
  });
  const handlers = {
    health: () => ({ ok: true }) as const,
    readiness: () => Promise.resolve({ ok: true } as const),
    metrics: () => Promise.resolve({ contentType: "text/plain", body: "" }),
    explain: (request: SipRequest) => explain(view, request),
  };
  const server = new AdminServer({ host: "127.0.0.1", port: 0 }, handlers, { error: () => undefined });
  const address = await server.start();
  scope.after(() => server.stop());
  return address;
}

/** An HTTP server on loopback, and its URL. */
export async function startServer(scope: Scope, server: Server = createServer()): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
