/** Prosody: as the product's XMPP gateway, and as the servers of others. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import type { Authority } from "./authority.ts";
import { accepts } from "./listener.ts";
import { RestartableProcess } from "./restartable-process.ts";
import { temporaryDirectory } from "./temporary.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

/** Every server has an address of its own, so all of them take the same ports. */
export const XMPP_PORTS = { component: 5347, s2s: 5269, c2s: 5222 } as const;

export interface GatewayOptions {
  /** Loopback address of all its listeners. */
  readonly host: string;
  readonly localDomains: readonly string[];
  /** Signs its certificate, and counts. */
  readonly authority: Authority;
  /** `address@port` of the name server. */
  readonly dns: string;
  /** Added to the environment of prosody-run. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its log goes, in an existing directory; a temporary one unless told. */
  readonly directory?: string;
}

/** The product's XMPP gateway, started as its container starts it. */
export class Gateway {
  readonly host: string;
  readonly port = XMPP_PORTS.component;
  readonly secret = "a secret of the tests";
  /** What its Secret would hold. */
  readonly tlsDirectory = temporaryDirectory("gateway-tls");
  readonly process: RestartableProcess;

  private constructor({ host, localDomains, authority, dns, env, directory: given }: GatewayOptions) {
    this.host = host;
    authority.install(this.tlsDirectory, { names: localDomains.map((domain) => `DNS:${domain}`) });
    const directory = given ?? temporaryDirectory("gateway");
    this.process = new RestartableProcess(
      {
        name: "Prosody as the gateway",
        command: join(repositoryRoot, "src/xmpp/prosody-run"),
        args: [],
        env: {
          XMPP_DOMAINS: localDomains.join(" "),
          XMPP_COMPONENT_SECRET: this.secret,
          XMPP_COMPONENT_HOST: host,
          XMPP_S2S_HOST: host,
          XMPP_DNS_SERVERS: dns,
          XMPP_ALLOWED_NETWORKS: "127.0.0.0/8",
          XMPP_LOG_LEVEL: "debug",
          TLS_DIRECTORY: this.tlsDirectory,
          RUN_DIRECTORY: directory,
          ...env,
        },
        logFile: join(directory, "prosody.log"),
      },
      () => accepts(host, XMPP_PORTS.component),
    );
  }

  /** Resolves when it takes connections. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    await gateway.process.start();
    return gateway;
  }
}

/** A server of somebody else, with accounts. */
export async function startProsody(options: XmppServerOptions): Promise<XmppServer> {
  const { host, domain } = options;
  const directory = options.directory ?? temporaryDirectory("prosody");
  options.authority.install(directory, options.certificate ?? { names: [`DNS:${domain}`] });
  writeFileSync(join(directory, "prosody.cfg.lua"), configuration(directory, options));
  const accounts = join(directory, domain.replaceAll(/[^a-z0-9]/g, percent), "accounts");
  mkdirSync(accounts, { recursive: true });
  for (const [user, password] of Object.entries(options.accounts ?? {})) {
    writeFileSync(
      join(accounts, `${user.replaceAll(/[^a-z0-9]/g, percent)}.dat`),
      `return { password = ${JSON.stringify(password)} }\n`,
    );
  }
  const process = new RestartableProcess(
    {
      name: `Prosody of ${domain}`,
      command: "prosody",
      args: ["-F", "--config", join(directory, "prosody.cfg.lua")],
      logFile: join(directory, "prosody.log"),
    },
    async () => (await accepts(host, XMPP_PORTS.s2s)) && (await accepts(host, XMPP_PORTS.c2s)),
  );
  await process.start();
  return { ...options, process };
}

function configuration(directory: string, options: XmppServerOptions): string {
  const { host, domain, dns, tls = true, components } = options;
  const modules = Object.entries(components?.modules ?? {});
  return `
run_as_root = true
data_path = "${directory}"
certificates = "${directory}/none"
log = { { levels = { min = "debug" }, to = "console" } }
interfaces = { "${host}" }
use_ipv6 = false
s2s_ports = { ${XMPP_PORTS.s2s} }
c2s_ports = { ${XMPP_PORTS.c2s} }
modules_enabled = { "roster", "saslauth", ${tls ? '"tls", ' : ""}"dialback", "disco", "ping", "posix", "version" }
modules_disabled = { "http", "admin_shell", "admin_socket" }
authentication = "internal_plain"
storage = "internal"
s2s_secure_auth = true
network_settings = { nagle = false }
ssl = { certificate = "${directory}/tls.crt"; key = "${directory}/tls.key"; cafile = "${directory}/ca.crt"; capath = false }
unbound = { resolvconf = false; hoststxt = false; forward = { "${dns}" }; options = { ["do-not-query-localhost:"] = "no" } }
plugin_paths = { ${components === undefined ? "" : `"${components.directory}"`} }
VirtualHost "${domain}"
${modules.map(([name, module]) => `Component "${name}" "${module}"`).join("\n")}
`;
}

/** As Prosody writes names into file names. */
function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
