/** ejabberd, as the server of somebody else. Run by Erlang itself: `ejabberdctl` wants a user and a host of its own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepts } from "./listener.ts";
import { XMPP_PORTS } from "./prosody.ts";
import { RestartableProcess } from "./restartable-process.ts";
import { temporaryDirectory } from "./temporary.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

const LIBRARIES = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const READY = "all accounts are there";

/** A server with accounts, which has no names and ports but those at its address. */
export async function startEjabberd(options: XmppServerOptions): Promise<XmppServer> {
  const { host, domain, dns, accounts = {} } = options;
  const directory = temporaryDirectory("ejabberd");
  options.authority.install(directory, options.certificate ?? { names: [`DNS:${domain}`] });
  const files = { configuration: join(directory, "ejabberd.yml"), inetrc: join(directory, "inetrc") };
  writeFileSync(files.configuration, JSON.stringify(configuration(directory, { host, domain })));
  writeFileSync(files.inetrc, inetrc(dns));
  let starts = 0;
  const process: RestartableProcess = new RestartableProcess(
    {
      name: `ejabberd of ${domain}`,
      command: "erl",
      args: [
        ...["-noinput", "-mnesia", "dir", JSON.stringify(join(directory, "mnesia"))],
        ...["-s", "ejabberd", "-eval", registration(domain, accounts)],
      ],
      cwd: directory,
      env: {
        EJABBERD_CONFIG_PATH: files.configuration,
        EJABBERD_LOG_PATH: join(directory, "ejabberd.log"),
        ERL_INETRC: files.inetrc,
        ERL_LIBS: LIBRARIES,
        ERL_CRASH_DUMP_BYTES: "0",
        HOME: directory,
      },
      logFile: join(directory, "console.log"),
    },
    async () => {
      const times = process.log().split(READY).length - 1;
      if (times === starts || !(await accepts(host, XMPP_PORTS.s2s))) return false;
      starts = times;
      return true;
    },
  );
  await process.start();
  return { ...options, process };
}

/** JSON is YAML. */
function configuration(directory: string, { host, domain }: { host: string; domain: string }): object {
  const listener = { ip: host, starttls: true };
  return {
    hosts: [domain],
    loglevel: "debug",
    certfiles: [join(directory, "tls.crt"), join(directory, "tls.key")],
    ca_file: join(directory, "ca.crt"),
    acme: { auto: false },
    s2s_use_starttls: "required",
    s2s_max_retry_delay: 1, // seconds; after a failed connection others wait for minutes
    auth_method: "internal",
    listen: [
      { ...listener, port: XMPP_PORTS.c2s, module: "ejabberd_c2s" },
      { ip: host, port: XMPP_PORTS.s2s, module: "ejabberd_s2s_in" },
    ],
    modules: { mod_disco: {}, mod_roster: {}, mod_ping: {} },
  };
}

/** Erlang's own resolver asks this name server alone (inet_cfg). */
function inetrc(dns: string): string {
  const [address = "", port] = dns.split("@");
  return `{lookup,[dns]}.\n{resolv_conf,""}.\n{nameserver,{${address.replaceAll(".", ",")}},${port ?? "53"}}.\n`;
}

function registration(domain: string, accounts: Readonly<Record<string, string>>): string {
  const calls = Object.entries(accounts).map(([user, password]) => {
    const values = [user, domain, password].map((text) => `<<${JSON.stringify(text)}/utf8>>`);
    // at the second start they are there
    return `true=lists:member(ejabberd_auth:try_register(${values.join(",")}),[ok,{error,exists}])`;
  });
  return [...calls, `io:format("${READY}~n")`].join(",");
}
