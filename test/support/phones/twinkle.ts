import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { waitForListener } from "../listener.ts";
import { ManagedProcess } from "../processes.ts";
import { temporaryDirectory } from "../temporary.ts";
import { waitFor } from "../wait-for.ts";
import { Phone, type PhoneOptions } from "./phone.ts";

/** It listens everywhere, and calls itself by the address that the kernel sends from. */
const ANY = "0.0.0.0";
const HOST = "127.0.0.1";

/** Twinkle, without sound devices. */
export async function startTwinkle(options: PhoneOptions): Promise<Phone> {
  const home = temporaryDirectory("twinkle");
  const settings = join(home, ".twinkle");
  const [port, media] = await Promise.all([freePort(ANY), freePort(ANY)]);
  mkdirSync(settings);
  writeFileSync(join(settings, "user.cfg"), profile(options));
  writeFileSync(join(settings, "twinkle.sys"), system(port, media));
  const process = new ManagedProcess({
    name: "Twinkle",
    command: "twinkle-console",
    args: ["user.cfg"],
    env: { HOME: home },
    logFile: join(home, "output"),
    typedTo: true,
  });
  await waitForListener({ host: ANY, port, transport: options.transport });
  process.type("auto_answer -a on");
  await waitFor("Twinkle to answer calls by itself", () => process.log().includes("Auto answer enabled"));
  const words = {
    call: `call ${options.peer}`,
    hangUp: "bye",
    write: (text: string) => `message ${options.peer} "${text}"`,
    established: /call established|far end answered call/g,
  };
  const log = join(settings, "twinkle.log");
  const trace = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
  return new Phone({ host: HOST, port }, process, words, trace);
}

function profile({ user, domain, proxy, transport }: PhoneOptions): string {
  return lines({
    user_name: user,
    user_domain: domain,
    outbound_proxy: `${proxy.host}:${proxy.port}`,
    all_requests_to_proxy: "no",
    register_at_startup: "no",
    pres_publish_startup: "no",
    sip_transport: transport,
    codecs: "g711a,g711u",
  });
}

function system(port: number, media: number): string {
  return lines({
    dev_ringtone: "alsa:null",
    dev_speaker: "alsa:null",
    dev_mic: "alsa:null",
    validate_audio_dev: "no",
    play_ringtone: "no",
    play_ringback: "no",
    sip_port: String(port),
    rtp_port: String(media),
  });
}

function lines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
