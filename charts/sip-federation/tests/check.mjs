// What `helm test` runs: every pod is ready and routes by the current table, and the outside Service answers SIP.
// MONITORING and SIP are host:port. METRICS_TOKEN is for the metrics; without it they are not read, and a pod is well that
// holds a full table, be it current or not.
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect, isIPv6 } from "node:net";

const PATIENCE = 5_000;

const endpoint = (text) => {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
};
const uriHost = (host) => (isIPv6(host) ? `[${host}]` : host);

async function get(address, port, path, headers = {}) {
  const response = await fetch(`http://${uriHost(address)}:${port}${path}`, {
    headers,
    signal: AbortSignal.timeout(PATIENCE),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${path} says ${response.status} ${body.trim()}`);
  return body;
}

async function checkPod(address, port) {
  await get(address, port, "/healthz");
  await get(address, port, "/readyz");
  const token = process.env.METRICS_TOKEN;
  if (!token) return "ready";
  const metrics = await get(address, port, "/metrics", { Authorization: `Bearer ${token}` });
  for (const metric of ["sip_router_up", "sip_router_in_force"]) {
    if (!metrics.includes(`\n${metric} 1\n`)) throw new Error(`${metric} is not 1`);
  }
  const [, version] = /^sip_federation_info\{version="([^"]*)"/m.exec(metrics) ?? [];
  return `ready, and routes by the current table (operator ${version})`;
}

function options(host, port, transport) {
  const id = Math.random().toString(36).slice(2);
  return [
    `OPTIONS sip:${uriHost(host)}:${port} SIP/2.0`,
    `Via: SIP/2.0/${transport} helm-test.invalid;branch=z9hG4bK${id};rport`,
    "Max-Forwards: 70",
    `From: <sip:helm-test@helm-test.invalid>;tag=${id}`,
    `To: <sip:${uriHost(host)}:${port}>`,
    `Call-ID: ${id}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
}

/** The status line of the answer to an OPTIONS. */
function ping(host, address, port, transport) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const message = options(host, port, transport);
  const timer = setTimeout(() => reject(new Error("no answer")), PATIENCE);
  const read = (data) => resolve(String(data).split("\r\n")[0]);
  let socket;
  if (transport === "TCP") {
    socket = connect({ host: address, port }, () => socket.write(message));
    socket.on("data", read);
  } else {
    socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    socket.on("message", read);
    socket.send(message, port, address);
  }
  socket.on("error", reject);
  return promise.finally(() => {
    clearTimeout(timer);
    if (transport === "TCP") socket.destroy();
    else socket.close();
  });
}

async function checkSip(host, port, transport) {
  const { address } = await lookup(host);
  const status = await ping(host, address, port, transport);
  if (!status.startsWith("SIP/2.0 200 ")) throw new Error(`OPTIONS is answered with ${status}`);
  return "OPTIONS is answered with 200";
}

let failures = 0;
async function check(what, run) {
  try {
    console.log(`ok    ${what}: ${await run()}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${what}: ${error.cause?.message ?? error.message}`);
  }
}

const monitoring = endpoint(process.env.MONITORING);
const pods = await lookup(monitoring.host, { all: true }).catch(() => []);
await check("pods", async () => {
  if (pods.length === 0) throw new Error(`${monitoring.host} names none`);
  return `${pods.length}`;
});
for (const { address } of pods) await check(`pod ${address}`, () => checkPod(address, monitoring.port));
const sip = endpoint(process.env.SIP);
for (const transport of ["UDP", "TCP"]) {
  const host = transport === "UDP" ? (process.env.SIP_UDP_HOST ?? sip.host) : sip.host;
  await check(`SIP over ${transport}`, () => checkSip(host, sip.port, transport));
}
process.exitCode = failures === 0 ? 0 : 1;
