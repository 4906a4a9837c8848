import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { write, type SipMessage } from "../../../../src/xmpp/sip/codec.ts";
import { SipEndpoint, type Received } from "../../../../src/xmpp/sip/endpoint.ts";
import { header, headersNamed, parameter } from "../../../../src/xmpp/sip/headers.ts";
import type { SipRequest, SipResponse } from "../../../../src/xmpp/sip/types.ts";
import { freePort } from "../../../support/free-port.ts";
import { follow, RouterSide } from "../../../support/router-side.ts";
import { waitFor } from "../../../support/wait-for.ts";

const HOST = "127.0.0.1";
const OK: Received = () => Promise.resolve({ status: 200 });

interface Bed {
  readonly router: RouterSide;
  readonly endpoint: SipEndpoint;
  readonly failures: string[];
}

async function open(t: TestContext, received: Received = OK, timeoutMs?: number): Promise<Bed> {
  const server = createServer();
  const port = await freePort(HOST);
  server.listen(port, HOST);
  await once(server, "listening");
  const failures: string[] = [];
  const endpoint = await SipEndpoint.open(
    {
      listen: { host: HOST, port: 0 },
      router: { host: HOST, port },
      failed: (failure) => failures.push(failure),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    received,
  );
  const router = new RouterSide(server);
  t.after(async () => {
    await endpoint.stop(0);
    for (const socket of router.sockets) socket.destroy();
    server.close();
  });
  return { router, endpoint, failures };
}

/** A connection of the router to the gateway, with what came over it. */
async function dial(t: TestContext, port: number): Promise<{ socket: Socket; responses: SipResponse[] }> {
  const socket = connect(port, HOST);
  t.after(() => socket.destroy());
  const responses: SipResponse[] = [];
  follow(socket, (message) => {
    if ("status" in message) responses.push(message);
  });
  await once(socket, "connect");
  return { socket, responses };
}

function requestOf(method: string, branch: string, ...headers: [string, string][]): SipRequest {
  return {
    method,
    uri: "sip:bob@xmpp.example",
    headers: [
      ["Via", `SIP/2.0/TCP 127.0.0.1:8067;branch=${branch}`],
      ["v", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKfar"],
      ["From", "<sip:alice@local.test>;tag=1"],
      ["To", "<sip:bob@xmpp.example>"],
      ["Call-ID", "call"],
      ["CSeq", `1 ${method}`],
      ...headers,
    ],
    body: Buffer.from("hello"),
  };
}

function reply(request: SipRequest, status: number): Buffer {
  return write({ status, reason: "", headers: request.headers, body: Buffer.alloc(0) });
}

/** What a gateway sends: Via comes by itself. */
const OWN: SipRequest = {
  method: "MESSAGE",
  uri: "sip:alice@local.test",
  headers: [
    ["From", "<sip:bob@xmpp.example>;tag=2"],
    ["To", "<sip:alice@local.test>"],
    ["Call-ID", "own"],
    ["CSeq", "1 MESSAGE"],
  ],
  body: Buffer.from("hi"),
};

test("RFC 3261 §8.2.6: an answer copies Via, From, To, Call-ID and CSeq, and adds a tag", async (t) => {
  const taken: SipRequest[] = [];
  const { endpoint } = await open(t, (request) => {
    taken.push(request);
    return Promise.resolve({ status: 415, headers: [["Accept", "text/plain"]] });
  });
  const { socket, responses } = await dial(t, endpoint.port);
  socket.write(write(requestOf("MESSAGE", "z9hG4bK1", ["Record-Route", "<sip:r;lr>"])));
  const response = await waitFor("an answer", () => responses[0]);
  assert.deepEqual([response.status, response.reason], [415, "Unsupported Media Type"]);
  assert.equal(header(response.headers, "Accept"), "text/plain");
  assert.deepEqual(
    headersNamed(response.headers, "Via").map(([, value]) => value),
    ["SIP/2.0/TCP 127.0.0.1:8067;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKfar"],
  );
  for (const name of ["From", "Call-ID", "CSeq"]) {
    assert.equal(header(response.headers, name), header(requestOf("MESSAGE", "").headers, name));
  }
  assert.match(parameter(header(response.headers, "To") ?? "", "tag") ?? "", /^[0-9a-f]{16}$/);
  assert.equal(header(response.headers, "Record-Route"), undefined);
  assert.equal(taken[0]?.body.toString(), "hello");
});

test("RFC 3261 §12.1.1: a 2xx that opens a dialog has its route and its tag", async (t) => {
  const { endpoint } = await open(t, () => Promise.resolve({ status: 202, toTag: "mine" }));
  const { socket, responses } = await dial(t, endpoint.port);
  socket.write(write(requestOf("SUBSCRIBE", "z9hG4bK1", ["Record-Route", "<sip:r;lr>"])));
  const { headers } = await waitFor("an answer", () => responses[0]);
  assert.equal(header(headers, "Record-Route"), "<sip:r;lr>");
  assert.equal(parameter(header(headers, "To") ?? "", "tag"), "mine");
});

test("RFC 3261 §12.2.2: inside a dialog To keeps its tag", async (t) => {
  const { endpoint } = await open(t);
  const { socket, responses } = await dial(t, endpoint.port);
  const request = requestOf("NOTIFY", "z9hG4bK1");
  const headers = request.headers.map(([name, value]): [string, string] => [
    name,
    name === "To" ? `${value};tag=old` : value,
  ]);
  socket.write(write({ ...request, headers }));
  const response = await waitFor("an answer", () => responses[0]);
  assert.equal(header(response.headers, "To"), "<sip:bob@xmpp.example>;tag=old");
});

test("RFC 3261 §17.2.2: a request that comes again while it is being answered is handled and answered once", async (t) => {
  const gate = Promise.withResolvers<{ status: number }>();
  let handled = 0;
  const { endpoint } = await open(t, () => {
    handled += 1;
    return gate.promise;
  });
  const { socket, responses } = await dial(t, endpoint.port);
  const bytes = write(requestOf("MESSAGE", "z9hG4bK1"));
  socket.write(Buffer.concat([bytes, bytes, write(requestOf("MESSAGE", "z9hG4bK2"))]));
  await waitFor("both requests", () => handled === 2);
  gate.resolve({ status: 200 });
  await waitFor("both answers", () => responses.length === 2);
  socket.write(write(requestOf("MESSAGE", "z9hG4bK3")));
  await waitFor("a third answer", () => responses.length >= 3);
  assert.deepEqual([handled, responses.length], [3, 3]);
});

test("RFC 3261 §18.2.2: an answer whose connection is gone goes over the one to the router", async (t) => {
  const gate = Promise.withResolvers<{ status: number }>();
  let handled = 0;
  const { endpoint, router } = await open(t, () => {
    handled += 1;
    return gate.promise;
  });
  const { socket } = await dial(t, endpoint.port);
  socket.write(write(requestOf("MESSAGE", "z9hG4bK1")));
  await waitFor("the request", () => handled === 1);
  const answers: SipMessage[] = [];
  router.server.on("connection", (from: Socket) => {
    follow(from, (message) => answers.push(message));
  });
  socket.destroy();
  await once(socket, "close");
  // the gateway has seen it closed as soon as it answers over another one
  const other = await dial(t, endpoint.port);
  other.socket.write(write(requestOf("CANCEL", "z9hG4bK2")));
  await waitFor("an answer", () => other.responses.length === 1);
  gate.resolve({ status: 200 });
  const answer = await waitFor("the answer", () => answers[0]);
  assert.equal((answer as SipResponse).status, 200);
});

test("RFC 3261 §8.1.1, §9.2, §17.1.1.3: what lacks a header gets 400, CANCEL 481, ACK and what has no Via nothing", async (t) => {
  let handled = 0;
  const { endpoint } = await open(t, () => {
    handled += 1;
    return Promise.resolve({ status: 200 });
  });
  const { socket, responses } = await dial(t, endpoint.port);
  const without = (name: string, request: SipRequest): SipRequest => ({
    ...request,
    headers: request.headers.filter(([key]) => key !== name && (name !== "Via" || key !== "v")),
  });
  socket.write(write(requestOf("ACK", "z9hG4bK0")));
  socket.write(write(without("Via", requestOf("MESSAGE", "z9hG4bK0"))));
  socket.write(write(without("Call-ID", requestOf("MESSAGE", "z9hG4bK1"))));
  socket.write(write({ ...requestOf("MESSAGE", "z9hG4bK2"), method: "INFO" }));
  socket.write(write(requestOf("CANCEL", "z9hG4bK3")));
  await waitFor("three answers", () => responses.length === 3);
  assert.deepEqual(
    responses.map(({ status }) => status),
    [400, 400, 481],
  );
  assert.equal(handled, 0);
});

test("a handler that throws is a 500, and says so", async (t) => {
  const { endpoint, failures } = await open(t, () => Promise.reject(new Error("no")));
  const { socket, responses } = await dial(t, endpoint.port);
  socket.write(write(requestOf("MESSAGE", "z9hG4bK1")));
  assert.equal((await waitFor("an answer", () => responses[0])).status, 500);
  assert.deepEqual(failures, ["could not handle a MESSAGE"]);
});

test("garbage closes its connection and no other", async (t) => {
  const { endpoint, failures } = await open(t);
  const bad = await dial(t, endpoint.port);
  const good = await dial(t, endpoint.port);
  bad.socket.write("GET / HTTP/1.1\r\n\r\n");
  await once(bad.socket, "close");
  good.socket.write(write(requestOf("MESSAGE", "z9hG4bK1")));
  await waitFor("an answer", () => good.responses[0]);
  assert.deepEqual(failures, ["closed a connection of the router: this is not SIP"]);
});

test("RFC 3261 §8.1: own requests have Via and Max-Forwards, share a connection, and get their own final answers", async (t) => {
  const { endpoint, router } = await open(t);
  const waiting: SipRequest[] = [];
  router.answer = (request, socket) => {
    waiting.push(request);
    if (waiting.length < 2) return;
    for (const [index, one] of waiting.toReversed().entries()) {
      socket.write(Buffer.concat([reply(one, 100), reply(one, 200 + index)]));
    }
  };
  const [first, second] = await Promise.all([endpoint.request(OWN), endpoint.request(OWN)]);
  assert.deepEqual([first.status, second.status], [201, 200]);
  assert.equal(router.sockets.length, 1);
  const [sent] = router.requests;
  assert.match(
    header(sent?.headers ?? [], "Via") ?? "",
    new RegExp(`^SIP/2\\.0/TCP 127\\.0\\.0\\.1:${endpoint.port};branch=z9hG4bK[0-9a-f]{24}$`),
  );
  assert.equal(header(sent?.headers ?? [], "Max-Forwards"), "70");
  assert.equal(sent?.body.toString(), "hi");
});

test("an answer counts over whichever connection it comes", async (t) => {
  const { endpoint, router } = await open(t);
  const { socket } = await dial(t, endpoint.port);
  router.answer = (request) => {
    socket.write(reply(request, 486));
  };
  assert.equal((await endpoint.request(OWN)).status, 486);
});

test("RFC 3261 §8.1.3.1: silence is 408, a connection that breaks or cannot be made 503, and nothing is sent twice", async (t) => {
  const { endpoint, router } = await open(t, OK, 100);
  assert.equal((await endpoint.request(OWN)).status, 408);
  router.answer = (_, socket) => socket.destroy();
  assert.equal((await endpoint.request(OWN)).status, 503);
  assert.equal(router.requests.length, 2);
  router.answer = (request, socket) => {
    socket.write(reply(request, 200));
  };
  assert.equal((await endpoint.request(OWN)).status, 200);
  assert.equal(router.sockets.length, 2);
  for (const socket of router.sockets) socket.destroy();
  router.server.close();
  await once(router.server, "close");
  await waitFor("a refusal", async () => (await endpoint.request(OWN)).status === 503);
  assert.equal(router.requests.length, 3);
});

test("stop waits for what is under way in both directions, and takes nothing new", async (t) => {
  const gate = Promise.withResolvers<{ status: number }>();
  let handled = 0;
  const { endpoint, router } = await open(t, () => {
    handled += 1;
    return gate.promise;
  });
  const { socket, responses } = await dial(t, endpoint.port);
  socket.write(write(requestOf("MESSAGE", "z9hG4bK1")));
  const own = endpoint.request(OWN);
  await waitFor("both under way", () => handled === 1 && router.requests[0]);
  const stopped = endpoint.stop(10_000);
  socket.write(write(requestOf("MESSAGE", "z9hG4bK2")));
  assert.equal((await waitFor("a refusal", () => responses[0])).status, 503);
  gate.resolve({ status: 200 });
  await waitFor("the answer", () => responses[1]?.status === 200);
  const [request] = router.requests;
  assert.ok(request !== undefined);
  router.sockets[0]?.write(reply(request, 404));
  assert.equal((await own).status, 404);
  await stopped;
  await waitFor("the end of the connection", () => socket.closed || socket.readableEnded);
  assert.equal((await endpoint.request(OWN)).status, 503);
});

test("stop gives up after its grace", async (t) => {
  const { endpoint, router } = await open(t);
  const own = endpoint.request(OWN);
  await waitFor("the request", () => router.requests[0]);
  await endpoint.stop(20);
  assert.equal((await own).status, 503);
});
