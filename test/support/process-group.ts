/** What all processes of a group hold, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

const GROUP = 2; // field after the command, proc_pid_stat(5)

/** Ids of the processes of a group, by the id of its leader. */
export function membersOf(group: number): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && statistic(entry, GROUP) === group)
    .map(Number);
}

/** Memory that each process of a group has for itself, all together, in bytes. */
export function privateBytes(group: number): number {
  return membersOf(group).reduce((sum, pid) => {
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(read(pid, "status")) ?? [];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}

/** Open files of all processes of a group. */
export function openFiles(group: number): number {
  return membersOf(group).reduce((sum, pid) => {
    try {
      return sum + readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      return sum; // it has ended
    }
  }, 0);
}

/** A file of /proc/PID; empty when the process has ended. */
export function read(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** A number of /proc/PID/stat, by its place after the command; NaN when the process has ended. */
export function statistic(pid: number | string, place: number): number {
  const stat = read(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[place]);
}
