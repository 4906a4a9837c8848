import fc from "fast-check";
import { domainName, sipUri, type World } from "../../support/arbitraries.ts";
import type { SipTransportName } from "../../support/sip/transport.ts";
import type { FollowUp, NewRequest } from "./scenario.ts";
import { usually } from "./usually.ts";
import { atHost, writtenFrom, writtenRequestUri } from "./written-uri.ts";

/** How often; BYE and FOO open no dialog, so they come as if from nowhere. */
const METHODS = {
  MESSAGE: 4,
  INVITE: 4,
  SUBSCRIBE: 3,
  OPTIONS: 2,
  NOTIFY: 1,
  REGISTER: 1,
  PUBLISH: 1,
  FOO: 1,
  BYE: 1,
  ACK: 0.5,
  CANCEL: 0.5,
};

/** An out-of-dialog request: outbound, inbound, or anything. */
export function newRequest(world: World): fc.Arbitrary<NewRequest> {
  const [inside = "", ...outside] = world.sources;
  const any = sipUri(world);
  const local = atHost(world, fc.constantFrom(...world.localDomains));
  const external = atHost(world, domainName);
  const overXmpp = (request: NewRequest, gateway: string): NewRequest => {
    const way = { transport: "tcp", insideListener: false, overXmpp: true, certificateNames: [] } as const;
    return { ...request, ...way, source: gateway };
  };
  const written = (source: fc.Arbitrary<string>, requestUri: typeof any, from: typeof any) => {
    const request = fc.record({
      kind: fc.constant("new" as const),
      method,
      source,
      transport,
      insideListener: usually(false, true),
      overXmpp: fc.constant(false),
      requestUri: writtenRequestUri(requestUri),
      from: writtenFrom(from),
      to: writtenFrom(any),
      maxForwards: usually("70", "1", "0"),
      routes: routes(world),
      forgedTag: usually(false, true),
    });
    return request.map((it): NewRequest => {
      return { ...it, certificateNames: it.transport === "tls" ? (world.certificates[it.source] ?? []) : [] };
    });
  };
  const inbound = written(fc.constantFrom(...outside), local, external);
  const anything = written(fc.constantFrom(...world.sources), any, any);
  const gateway = fc.constantFrom(...(world.gateway === undefined ? [] : [world.gateway]));
  return fc.oneof(
    { weight: 8, arbitrary: written(fc.constant(inside), external, local) },
    { weight: 8, arbitrary: inbound },
    { weight: 6, arbitrary: anything },
    { weight: 4, arbitrary: fc.tuple(inbound, gateway).map((of) => overXmpp(...of)) },
    { weight: 1, arbitrary: fc.tuple(anything, gateway).map((of) => overXmpp(...of)) },
  );
}

export const followUp: fc.Arbitrary<FollowUp> = fc.record({
  kind: fc.constant("follow-up"),
  dialog: fc.nat(3),
  by: fc.constantFrom("caller", "callee"),
  method: fc.constantFrom("MESSAGE", "SUBSCRIBE", "NOTIFY", "INFO", "BYE"),
  expires: fc.constantFrom(undefined, 0, 600),
  subscriptionState: fc.constantFrom(
    undefined,
    "active;expires=60",
    "terminated",
    "Terminated;reason=noresource",
  ),
});

const method = fc.oneof(
  ...Object.entries(METHODS).map(([name, weight]) => ({ weight: weight * 2, arbitrary: fc.constant(name) })),
);

const transport: fc.Arbitrary<SipTransportName> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("udp") },
  { weight: 1, arbitrary: fc.constant("tcp") },
  { weight: 3, arbitrary: fc.constant("tls") },
);

/** Mostly none; otherwise this system's own and others', in any order. */
function routes(world: World): fc.Arbitrary<string[]> {
  const others = world.nextHops.map(({ nextHop = "" }) => `<sip:${bracketed(nextHop)};lr>`);
  const own = world.ownAddresses.map(({ host, port }) => `<sip:${bracketed(host)}:${port};lr>`);
  const some = fc.array(fc.constantFrom(...own, ...others, "<sip:a.test>"), { minLength: 1, maxLength: 3 });
  return fc.oneof({ weight: 5, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: some });
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
