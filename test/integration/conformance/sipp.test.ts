/** SIPp calls SIPp through the router: from inside to outside and back, over every pair of transports. */
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { Authority } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { waitForListener } from "../../support/listener.ts";
import { LOCAL, RouterBed, tlsFor, to, uri } from "../../support/router-bed.ts";
import { SippTls } from "../../support/sipp-tls.ts";
import { Sipp } from "../../support/sipp.ts";
import type { SipTransportName, TlsOptions } from "../../support/sip/transport.ts";
import { TestOperator } from "../../support/test-operator.ts";

/** File name of a scenario → what it plays. */
const scenarios = {
  "early-offer": "RFC 3261 §13.2.1: INVITE with the offer, answer in the 2xx, BYE of the caller",
  "late-offer": "RFC 3261 §13.2.1: INVITE without an offer, answer in the ACK, BYE of the called side",
  "re-invite": "RFC 3261 §14: re-INVITE from both sides",
  cancel: "RFC 3261 §9: CANCEL before the answer",
  forked: "RFC 3261 §12.1: two early dialogs of a callee that forks, one of them confirmed",
  subscription: "RFC 6665 §4.1.2: SUBSCRIBE, NOTIFY, refresh and end",
  message: "RFC 3428 §4: MESSAGE",
};
const transports: readonly SipTransportName[] = ["udp", "tcp", "tls"];

const AT_A_TIME = 4;
const PLACES = { inside: 11, outside: 21 };
const PORTS = { sipp: 10_000, tls: 20_000 };
const PROVEN = "peer.test";

interface Run {
  readonly name: string;
  readonly scenario: string;
  readonly outbound: boolean;
  readonly from: SipTransportName;
  readonly to: SipTransportName;
  /** Its ports and the name of the called domain are its own. */
  readonly number: number;
}

type Side = "caller" | "callee";

const runs: readonly Run[] = Object.entries(scenarios)
  .flatMap(([scenario, title]) =>
    [true, false].flatMap((outbound) =>
      transports.flatMap((from) => transports.map((to) => ({ scenario, title, outbound, from, to }))),
    ),
  )
  .map(({ title, ...run }, number) => ({
    ...run,
    name: `${title}, ${run.outbound ? "outbound" : "inbound"}, ${run.from} to ${run.to}`,
    number,
  }));

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, SIPp`, { concurrency: AT_A_TIME }, () => {
    const authority = new Authority();
    const certificates = new Map<string, TlsOptions>();
    let bed: RouterBed;
    let operator: TestOperator;
    before(async () => {
      // one worker keeps the order of what SIPp sends at once, as a scenario wants it
      bed = await RouterBed.open(binary, { authority, env: { WORKERS: "1" } });
      operator = await TestOperator.connect(bed.router);
      for (const host of Object.values(PLACES).map((place) => bed.address(place))) {
        const { tls } = tlsFor(authority, { names: [`URI:sip:${PROVEN}`, `IP:${host}`] });
        if (tls !== undefined) certificates.set(host, tls);
      }
      const names = runs.map((run): [string, string] => [
        calledDomain(run),
        `${run.outbound ? "A" : "L"}|${calledDomain(run)}`,
      ]);
      const sets = runs.map((run): [string, string] => [calledDomain(run), to(nextHop(run))]);
      await bed.program({ names: Object.fromEntries(names), sets: Object.fromEntries(sets) });
    });
    after(async () => {
      await operator.leave();
      await bed.close();
    });

    const hostOf = (side: Side, { outbound }: Run): string =>
      bed.address((side === "caller") === outbound ? PLACES.inside : PLACES.outside);

    function nextHop(run: Run): string {
      const at = uri({ host: hostOf("callee", run), port: portOf(run, run.to) }, run.to);
      return run.to === "tls" ? `${at};tls=${PROVEN}` : at;
    }

    /** Plays one side; resolves when it is ready. */
    async function play(t: TestContext, side: Side, run: Run): Promise<Sipp> {
      const transport = side === "caller" ? run.from : run.to;
      const [host, port] = [hostOf(side, run), PORTS.sipp + run.number];
      const gateway = transport === "tls" ? await secure(t, side, run) : undefined;
      const seen = `${host}:${portOf(run, transport)}`;
      const sipp = new Sipp({
        scenario: join(import.meta.dirname, "sipp", `${run.scenario}.${side}.xml`),
        ...{ host, port, transport: transport === "udp" ? "udp" : "tcp" },
        keys: {
          caller: run.outbound ? LOCAL : "partner.test",
          callee: calledDomain(run),
          via: `${transport.toUpperCase()} ${seen}`,
          contact: `${seen};transport=${transport}`,
        },
        ...(side === "caller" && { remote: gateway ? { host, port: gateway.port } : bed.target(transport) }),
      });
      t.after(() => sipp.stop());
      if (side === "callee")
        await waitForListener({ host, port, transport: transport === "udp" ? "udp" : "tcp" });
      return sipp;
    }

    async function secure(t: TestContext, side: Side, run: Run): Promise<SippTls> {
      const host = hostOf(side, run);
      const certificate = certificates.get(host);
      if (certificate === undefined) throw new Error(`no certificate for ${host}`);
      const gateway = await SippTls.open({
        host,
        tls: { ...certificate, port: portOf(run, "tls") },
        router: bed.target("tls"),
        ...(side === "callee" && { callee: { host, port: PORTS.sipp + run.number } }),
      });
      t.after(() => gateway.close());
      return gateway;
    }

    for (const run of runs) {
      test(run.name, async (t) => {
        const callee = await play(t, "callee", run);
        const caller = await play(t, "caller", run);
        await Promise.all([caller.succeeded(), callee.succeeded()]);
      });
    }
  });
}

/** Where one side of a run is reached. */
function portOf({ number }: Run, transport: SipTransportName): number {
  return (transport === "tls" ? PORTS.tls : PORTS.sipp) + number;
}

function calledDomain({ number }: Run): string {
  return `run${number}.test`;
}
