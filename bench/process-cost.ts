/** What a process and all of its process group cost, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

const GROUP = 2; // field after the command, proc_pid_stat(5)

/**
 * CPU time of all processes of a group, in microseconds: utime and stime, without their rounding to 10 ms.
 * @param group id of its leader
 */
export function cpuTimeUs(group: number): number {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => groupOf(pid) === group)
    .reduce((sum, pid) => sum + runTimeNs(pid) / 1000, 0);
}

/** Resident memory of one process, in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

function groupOf(pid: string): number | undefined {
  const stat = read(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[GROUP]);
}

/** Time spent on a CPU: the first number of schedstat (Linux Documentation/scheduler/sched-stats). */
function runTimeNs(pid: string): number {
  return Number(read(pid, "schedstat").split(" ")[0]);
}

/** Empty when the process has ended. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
