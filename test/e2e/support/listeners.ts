/** The sockets of running processes, from /proc. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const TCP_LISTEN = "0A";
const UDP_UNCONNECTED = "07";

/** What a process and its children listen at: `tcp 127.0.0.1:5060`, `udp [::1]:5060`, sorted. */
export function listenersOf(pid: number): string[] {
  const inodes = new Set(family(pid).flatMap(socketsOf));
  const all = ["tcp", "tcp6", "udp", "udp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => isListening(state) && inodes.has(inode ?? ""))
      .map(([, local]) => `${table.slice(0, 3)} ${addressOf(local ?? "")}`),
  );
  return [...new Set(all)].sort();
}

function isListening(state: string | undefined): boolean {
  return state === TCP_LISTEN || state === UDP_UNCONNECTED;
}

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return [pid, ...children.filter((child) => child !== "").flatMap((child) => family(Number(child)))];
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1])
    .filter((inode) => inode !== undefined);
}

/** From hexadecimal digits, each 32 bits in the order of the machine (proc_net_tcp in the kernel's documentation). */
function addressOf(local: string): string {
  const [hex = "", port = ""] = local.split(":");
  const bytes = Buffer.from(hex, "hex");
  bytes.swap32();
  const host =
    bytes.length === 4
      ? [...bytes].join(".")
      : `[${URL.parse(`http://[${groups(bytes)}]`)?.hostname.slice(1, -1) ?? ""}]`;
  return `${host}:${parseInt(port, 16)}`;
}

function groups(bytes: Buffer): string {
  return (bytes.toString("hex").match(/.{4}/g) ?? []).join(":");
}
