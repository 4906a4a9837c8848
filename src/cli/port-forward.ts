import { type IncomingMessage, request } from "node:http";
import { Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { type KubeConfig, PortForward } from "@kubernetes/client-node";
import { Failure, Refusal } from "./command.ts";
import { within } from "./deadline.ts";
import { reasonOf } from "./operator.ts";

/** A port on loopback in a pod. */
export interface PodPort {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** A connection to it, by way of the API server and the kubelet. */
interface Tunnel {
  readonly stream: Duplex;
  /** What the kubelet says is wrong; empty while nothing is. */
  readonly problem: () => string;
  readonly close: () => void;
}

/** Sends one HTTP GET to a port of a pod, as `kubectl port-forward` and curl would. Throws `Failure`. */
export async function getFromPod(
  target: PodPort,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const tunnel = await open(target, signal);
  try {
    const response = await get(tunnel.stream, path, signal);
    return { status: response.statusCode ?? 0, body: await text(response) };
  } catch (error) {
    const why = tunnel.problem() || reasonOf(error);
    throw new Failure(`pod ${target.pod} does not answer on port ${target.port}: ${why}`, { cause: error });
  } finally {
    tunnel.close();
  }
}

async function open({ kubeConfig, namespace, pod, port }: PodPort, signal: AbortSignal): Promise<Tunnel> {
  const [toPod, fromPod, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const problem: string[] = [];
  errors.setEncoding("utf8").on("data", (words: string) => {
    problem.push(words);
    fromPod.end();
  });
  const forwarding = new PortForward(kubeConfig).portForward(namespace, pod, [port], fromPod, errors, toPod);
  try {
    const socket = (await within(signal, forwarding)) as { close(): void; onclose: unknown };
    socket.onclose = () => {
      fromPod.end();
    };
    const stream = Duplex.from({ readable: fromPod, writable: toPod });
    return {
      stream,
      problem: () => problem.join("").trim(),
      close: () => {
        socket.close();
      },
    };
  } catch (error) {
    const status = Number(/response: (\d+)$/.exec(reasonOf(error))?.[1] ?? 0);
    throw new Refusal(status, whyNotForwarded(error, namespace, pod), { cause: error });
  }
}

function get(stream: Duplex, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { createConnection: () => stream, path, signal, headers: { connection: "close" } };
    request(options, resolve).on("error", reject).end();
  });
}

/** A WebSocket says no more of a refusal than its status. */
function whyNotForwarded(error: unknown, namespace: string, pod: string): string {
  const why = reasonOf(error);
  if (why.endsWith("response: 404")) return `namespace ${namespace} has no pod ${pod}`;
  if (why.endsWith("response: 403"))
    return `you may not reach ports of pods in namespace ${namespace}: that takes the rights get and create on pods/portforward`;
  return `the API server opens no way to pod ${pod}: ${why}`;
}
