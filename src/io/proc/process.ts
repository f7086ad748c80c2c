/** Processes, from `/proc`. Reads are synchronous: these files never wait for a device. */
import { readFileSync } from 'node:fs';
import { parseProcStat, type ProcStat } from '../../core/keeper/proc-stat.ts';

/** Undefined when there is no such process (or it may not be seen). */
export function readProcess(pid: number): ProcStat | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseProcStat(text);
}

/** Its arguments; empty for a kernel thread, a zombie, and nobody. */
export function readCommandLine(pid: number): readonly string[] {
  return (readText(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

/** Pids of its children, and of theirs. */
export function descendantsOf(pid: number): readonly number[] {
  const children = (readText(`/proc/${pid}/task/${pid}/children`) ?? '')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

export interface ProcessUsage {
  /** [ns] */
  readonly userNs: number;
  readonly systemNs: number;
  /** [bytes]; pages shared between the processes are counted for each. */
  readonly rss: number;
  readonly pids: number;
}

/** The sum over processes; those that ended meanwhile are left out. */
export function usageOf(pids: readonly number[]): ProcessUsage {
  let userNs = 0;
  let systemNs = 0;
  let rss = 0;
  let count = 0;
  for (const pid of pids) {
    const stat = readProcess(pid);
    if (stat === undefined) continue;
    userNs += (stat.userTicks * 1e9) / TICKS_PER_SECOND;
    systemNs += (stat.systemTicks * 1e9) / TICKS_PER_SECOND;
    rss += stat.rssPages * PAGE_SIZE;
    count++;
  }
  return { userNs, systemNs, rss, pids: count };
}

/** The kernel tells each process such facts about itself. Source: getauxval(3). */
function auxiliary(type: bigint): number | undefined {
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      if (bytes.readBigUInt64LE(at) === type) return Number(bytes.readBigUInt64LE(at + 8));
    }
  } catch {
    // A system that hides it has the usual values.
  }
  return undefined;
}

const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;
export const PAGE_SIZE = auxiliary(AT_PAGESZ) ?? 4096;
export const TICKS_PER_SECOND = auxiliary(AT_CLKTCK) ?? 100;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/**
 * Kills a process group and every descendant of its leader. Children are seen first, then killed:
 * one that began a session of its own is no longer in the group.
 */
export function killTree(leader: number): void {
  for (const each of [-leader, ...descendantsOf(leader)]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
