/**
 * Part of cfg-limits-ipv6.test.ts, in a network namespace of its own, where there are as many IPv6 addresses as one likes.
 * Fails where neighbours do not share a limit, or others do. Argument: the Kamailio.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { IPV6, LOCAL, RouterBed } from "../../support/router-bed.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { limits } from "./strangers.ts";

/** Addresses of one /64 each. */
const NETWORKS = [
  ["fd00:1:2:3::1", "fd00:1:2:3:4:5:6:7", "fd00:1:2:3::9:0:0"],
  ["fd00:1:2:4::1", "fd00:1:2:4:8000::"],
  ["fd00:1::7", "fd00:1::a:b:c:d", "fd00:1:0:0:1::"],
  ["fd00:1:0:5::1", "fd00:1:0:5:a:b:c:d"],
  ["fd00::3:a:b:c:d", "fd00::3:0:0:0:9"],
];
const SIP_PORT = 5060;

const [command = "kamailio", version = ""] = process.argv.slice(2);
execFileSync("ip", ["link", "set", "lo", "up"]);
for (const address of NETWORKS.flat())
  execFileSync("ip", ["-6", "address", "add", `${address}/128`, "dev", "lo", "nodad"]);

const bed = await RouterBed.open({ command, version }, { ipv6: true });
await bed.program({ limits: limits({ recipients: 1 }) });

/** Each one writes to somebody else. */
async function statusFor(host: string): Promise<number> {
  const agent = await UserAgent.open({ host, port: SIP_PORT });
  const target = { host: IPV6, port: bed.ports.sip, transport: "udp" } as const;
  const uri = `sip:user${host.replaceAll(":", "-")}@${LOCAL}`;
  const { status } = await agent.request({ method: "MESSAGE", uri, target, from: "sip:bob@partner.test" });
  await agent.close();
  return status;
}

for (const [first = "", ...others] of NETWORKS) {
  assert.equal(await statusFor(first), 200, first);
  for (const other of others) assert.equal(await statusFor(other), 480, other);
}
await bed.close();
