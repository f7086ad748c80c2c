/** What the processes of a cgroup use, from v1 and v2 files alike. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Sums since the cgroup was made, and present sizes; undefined: this cgroup does not tell. */
export interface CgroupUsage {
  readonly cpu?: {
    /** [ns] */
    readonly totalNs: number;
    readonly userNs: number;
    readonly systemNs: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
  };
  readonly memory?: {
    /** [bytes] */
    readonly rss: number;
    readonly cache: number;
    readonly swap: number;
    readonly usage: number;
    readonly maxUsage: number;
  };
  readonly oomKills?: number;
}

/** Where a cgroup of one name lies in the hierarchies. */
export interface CgroupDirs {
  readonly unified?: string;
  /** By controller. */
  readonly v1: Readonly<Record<string, string>>;
}

/** Reads what there is; a cgroup that is gone tells nothing. */
export function cgroupUsage(dirs: CgroupDirs): CgroupUsage {
  const cpu = cpuV1(dirs) ?? cpuV2(dirs.unified);
  const memory = memoryV1(dirs.v1['memory']) ?? memoryV2(dirs.unified);
  const oomKills = oomV1(dirs.v1['memory']) ?? oomV2(dirs.unified);
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(oomKills === undefined ? {} : { oomKills }),
  };
}

/** Pids in a cgroup and those below it. */
export function cgroupPids(dir: string): readonly number[] {
  const text = read(dir, 'cgroup.procs');
  if (text === undefined) return [];
  const own = text.split('\n').filter(Boolean).map(Number);
  return [...own, ...childrenOf(dir).flatMap((name) => cgroupPids(join(dir, name)))];
}

/** Names of the cgroups in it. */
export function childrenOf(dir: string): readonly string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

function cpuV1({ v1 }: CgroupDirs): CgroupUsage['cpu'] {
  const total = number(read(v1['cpuacct'], 'cpuacct.usage'));
  if (total === undefined) return undefined;
  const split = pairs(read(v1['cpuacct'], 'cpuacct.stat'));
  const throttled = pairs(read(v1['cpu'], 'cpu.stat'));
  return {
    totalNs: total,
    userNs: (split['user'] ?? 0) * NS_PER_USER_HZ,
    systemNs: (split['system'] ?? 0) * NS_PER_USER_HZ,
    throttledPeriods: throttled['nr_throttled'] ?? 0,
    throttledNs: throttled['throttled_time'] ?? 0,
  };
}

function cpuV2(dir: string | undefined): CgroupUsage['cpu'] {
  const stat = pairs(read(dir, 'cpu.stat'));
  if (stat['usage_usec'] === undefined) return undefined;
  return {
    totalNs: stat['usage_usec'] * 1_000,
    userNs: (stat['user_usec'] ?? 0) * 1_000,
    systemNs: (stat['system_usec'] ?? 0) * 1_000,
    throttledPeriods: stat['nr_throttled'] ?? 0,
    throttledNs: (stat['throttled_usec'] ?? 0) * 1_000,
  };
}

function memoryV1(dir: string | undefined): CgroupUsage['memory'] {
  const usage = number(read(dir, 'memory.usage_in_bytes'));
  if (usage === undefined) return undefined;
  const stat = pairs(read(dir, 'memory.stat'));
  return {
    rss: stat['total_rss'] ?? stat['rss'] ?? 0,
    cache: stat['total_cache'] ?? stat['cache'] ?? 0,
    swap: stat['total_swap'] ?? stat['swap'] ?? 0,
    usage,
    maxUsage: number(read(dir, 'memory.max_usage_in_bytes')) ?? usage,
  };
}

function memoryV2(dir: string | undefined): CgroupUsage['memory'] {
  const usage = number(read(dir, 'memory.current'));
  if (usage === undefined) return undefined;
  const stat = pairs(read(dir, 'memory.stat'));
  return {
    rss: stat['anon'] ?? 0,
    cache: stat['file'] ?? 0,
    swap: number(read(dir, 'memory.swap.current')) ?? 0,
    usage,
    maxUsage: number(read(dir, 'memory.peak')) ?? usage,
  };
}

function oomV1(dir: string | undefined): number | undefined {
  return pairs(read(dir, 'memory.oom_control'))['oom_kill'];
}

function oomV2(dir: string | undefined): number | undefined {
  return pairs(read(dir, 'memory.events'))['oom_kill'];
}

/** `USER_HZ` is 100 wherever Linux runs containers, whatever the kernel's own tick is. */
const NS_PER_USER_HZ = 10_000_000;

function read(dir: string | undefined, file: string): string | undefined {
  if (dir === undefined) return undefined;
  try {
    return readFileSync(join(dir, file), 'latin1');
  } catch {
    return undefined;
  }
}

function number(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text.trim());
  return Number.isNaN(value) ? undefined : value;
}

function pairs(text: string | undefined): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of (text ?? '').split('\n')) {
    const [key = '', value = ''] = line.split(' ');
    if (value !== '') found[key] = Number(value);
  }
  return found;
}
