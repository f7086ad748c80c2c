/** The little of `/proc` that a keeper reads, at once: such files never wait for a device. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseProcStat, type ProcStat } from '../core/keeper/proc-stat.ts';

/** Undefined when there is no such process. */
export function processStat(pid: number): ProcStat | undefined {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Every process of the machine that can be seen. */
export function allProcesses(): readonly ProcStat[] {
  const found: ProcStat[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? processStat(pid) : undefined;
    if (stat !== undefined) found.push(stat);
  }
  return found;
}

/** Differs after each start of the machine, and with it what a pid means. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
