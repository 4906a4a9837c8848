/** SIPp calls SIPp through the router: from inside to outside and back, over every pair of transports. */
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { waitForListener } from "../../support/listener.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Sipp, type SippTransport } from "../../support/sipp.ts";

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

/** Once the router has a TLS listener, and SIPp is built with TLS, "tls" belongs here. */
const transports: readonly SippTransport[] = ["udp", "tcp"];

const AT_A_TIME = 4;
const PLACES = { inside: 11, outside: 21 };
const FIRST_PORT = 10_000;

interface Run {
  readonly name: string;
  readonly scenario: string;
  readonly outbound: boolean;
  readonly from: SippTransport;
  readonly to: SippTransport;
  /** Of both sides, and the name of the called domain: each run has its own. */
  readonly port: number;
}

const runs: readonly Run[] = Object.entries(scenarios)
  .flatMap(([scenario, title]) =>
    [true, false].flatMap((outbound) =>
      transports.flatMap((from) => transports.map((to) => ({ scenario, title, outbound, from, to }))),
    ),
  )
  .map(({ title, ...run }, i) => ({
    ...run,
    name: `${title}, ${run.outbound ? "outbound" : "inbound"}, ${run.from} to ${run.to}`,
    port: FIRST_PORT + i,
  }));

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, SIPp`, { concurrency: AT_A_TIME }, () => {
    let bed: RouterBed;
    before(async () => {
      // one worker keeps the order of what SIPp sends at once, as a scenario wants it
      bed = await RouterBed.open(binary, { env: { WORKERS: "1" } });
      const called = runs.map((run) => ({ domain: calledDomain(run), run }));
      await bed.program({
        names: Object.fromEntries(
          called.map(({ domain, run }) => [domain, `${run.outbound ? "A" : "L"}|${domain}`]),
        ),
        sets: Object.fromEntries(
          called.map(({ domain, run }) => [domain, to(uri(calledAddress(run), run.to))]),
        ),
      });
    });
    after(() => bed.close());

    const calledAddress = ({ outbound, port }: Run): { host: string; port: number } => ({
      host: bed.address(outbound ? PLACES.outside : PLACES.inside),
      port,
    });

    for (const run of runs) {
      test(run.name, async (t) => {
        const { scenario, outbound, port } = run;
        const keys = { caller: outbound ? LOCAL : "partner.test", callee: calledDomain(run) };
        const start = (side: string, host: string, rest: Pick<Started, "transport" | "remote">): Sipp => {
          const file = join(import.meta.dirname, "sipp", `${scenario}.${side}.xml`);
          const sipp = new Sipp({ scenario: file, host, port, keys, ...rest });
          t.after(() => sipp.stop());
          return sipp;
        };
        const { host } = calledAddress(run);
        const callee = start("callee", host, { transport: run.to });
        await waitForListener({ host, port, transport: run.to });
        const place = outbound ? PLACES.inside : PLACES.outside;
        const caller = start("caller", bed.address(place), {
          transport: run.from,
          remote: bed.target(run.from),
        });
        await Promise.all([caller.succeeded(), callee.succeeded()]);
      });
    }
  });
}

type Started = ConstructorParameters<typeof Sipp>[0];

function calledDomain({ port }: Run): string {
  return `run${port}.test`;
}
