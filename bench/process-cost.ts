/** What a process and all of its process group cost, from /proc. */
import { membersOf, read, statistic } from "../test/support/process-group.ts";

const MINFLT = 7; // field after the command, proc_pid_stat(5)

/**
 * CPU time of all processes of a group, in microseconds: utime and stime, without their rounding to 10 ms.
 * @param group id of its leader
 */
export function cpuTimeUs(group: number): number {
  return membersOf(group).reduce((sum, pid) => sum + runTimeNs(pid) / 1000, 0);
}

/** Pages that the processes of a group have mapped so far without reading a disk: proc_pid_stat(5), minflt. */
export function minorFaults(group: number): number {
  return membersOf(group).reduce((sum, pid) => sum + (statistic(pid, MINFLT) || 0), 0);
}

/** Resident memory of one process, in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, "status"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

/** Time spent on a CPU: the first number of schedstat (Linux Documentation/scheduler/sched-stats). */
function runTimeNs(pid: number): number {
  return Number(read(pid, "schedstat").split(" ")[0]);
}
