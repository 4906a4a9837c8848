import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitForListener } from "../listener.ts";
import { ManagedProcess } from "../processes.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Phone, type PhoneOptions } from "./phone.ts";

const PORT = 5060;
const modules = ["account", "aubridge", "contact", "g711", "menu", "stdio"];

/** Baresip at an address of its own; its sound comes from nowhere and goes there. */
export async function startBaresip(host: string, options: PhoneOptions): Promise<Phone> {
  const directory = temporaryDirectory("baresip");
  const { peer, transport } = options;
  writeFileSync(join(directory, "config"), config(host));
  writeFileSync(join(directory, "accounts"), account(options));
  writeFileSync(join(directory, "contacts"), `"peer" <${peer}>\n`);
  const process = new ManagedProcess({
    name: "Baresip",
    command: "baresip",
    args: ["-f", directory, "-s"],
    logFile: join(directory, "output"),
    typedTo: true,
  });
  await waitForListener({ host, port: PORT, transport });
  const words = {
    call: `/dial ${peer}`,
    hangUp: "/hangup",
    write: (text: string) => `/message ${text}`,
    established: /Call established/g,
  };
  return new Phone({ host, port: PORT }, process, words, () => process.log());
}

function config(host: string): string {
  const sound = ["audio_player", "audio_source", "audio_alert"].map((name) => `${name} aubridge,nil`);
  const listed = modules.map((name) => `module${isApplication(name) ? "_app" : ""} ${name}.so`);
  return [
    `sip_listen ${host}:${PORT}`,
    `net_interface ${host}`,
    "module_path /usr/lib/baresip/modules",
    ...sound,
    ...listed,
    "",
  ].join("\n");
}

function isApplication(module: string): boolean {
  return ["account", "contact", "menu"].includes(module);
}

function account({ user, domain, proxy, transport }: PhoneOptions): string {
  const outbound = `outbound="sip:${proxy.host}:${proxy.port};transport=${transport}"`;
  return `<sip:${user}@${domain};transport=${transport}>;regint=0;answermode=auto;${outbound}\n`;
}
