/** A network between two parts that a test can break. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Carries TCP connections to a target: until it is told to break them, or to swallow what is sent. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((near) => {
      const far = connect(target);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        if (this.#frozen) from.pause();
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await proxy.connect();
    return proxy;
  }

  /** Where it listens, on loopback. */
  get port(): number {
    return this.#port;
  }
  #port = 0;

  /** Takes connections (again, at the same port). */
  async connect(): Promise<void> {
    this.#frozen = false;
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections and refuses new ones. */
  async disconnect(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Connections stay open, and nothing comes through any more. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }
}

/** A copy of a kubeconfig that connects through a proxy; its path. The certificate is for another address then. */
export function throughProxy(kubeconfig: string, proxy: TcpProxy): string {
  const config = JSON.parse(readFileSync(kubeconfig, "utf8")) as { clusters: { cluster: object }[] };
  const cluster = { server: `https://127.0.0.1:${proxy.port}`, "insecure-skip-tls-verify": true };
  const file = `${kubeconfig}.${proxy.port}`;
  writeFileSync(
    file,
    JSON.stringify({ ...config, clusters: config.clusters.map((one) => ({ ...one, cluster })) }),
  );
  return file;
}
