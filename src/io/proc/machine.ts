/** Facts about this machine and what it has to do, from `/proc` and `/sys`. */
import { readFileSync, statfsSync } from 'node:fs';
import { arch } from 'node:os';

export interface CpuFacts {
  readonly count: number;
  /** Of one core at its rated speed [MHz]; 1,000 where the machine does not tell. */
  readonly mhz: number;
  /** `Intel(R) Xeon(R) Processor`; empty where the machine does not tell. */
  readonly model: string;
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
}

export function cpuFacts(): CpuFacts {
  const text = read('/proc/cpuinfo');
  const count = text.match(/^processor\s*:/gm)?.length ?? 1;
  const measured = [...text.matchAll(/^cpu MHz\s*:\s*([\d.]+)/gm)].map((m) => Number(m[1]));
  const rated = ['base_frequency', 'cpuinfo_max_freq']
    .map((name) => Number(read(`/sys/devices/system/cpu/cpu0/cpufreq/${name}`)) / 1_000)
    .find((mhz) => mhz > 0);
  return {
    count,
    mhz: Math.round(rated ?? Math.max(...measured, 0)) || 1_000,
    model: /^model name\s*:\s*(.*)$/m.exec(text)?.[1]?.trim() ?? '',
    arch: arch(),
  };
}

/** [bytes] */
export interface MemoryFacts {
  readonly total: number;
  /** What could be had without swapping. */
  readonly available: number;
  readonly free: number;
  readonly used: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

export function memoryFacts(): MemoryFacts {
  const text = read('/proc/meminfo');
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1_024;
  const total = bytes('MemTotal');
  const available = bytes('MemAvailable');
  return {
    total,
    available,
    free: bytes('MemFree'),
    used: total - available,
    swapTotal: bytes('SwapTotal'),
    swapFree: bytes('SwapFree'),
  };
}

export interface DiskFacts {
  /** `/dev/vda`, `tmpfs`. */
  readonly device: string;
  readonly mountpoint: string;
  readonly fileSystem: string;
  /** [bytes] */
  readonly size: number;
  readonly used: number;
  /** To a process without privileges. */
  readonly available: number;
  readonly usedPercent: number;
  readonly inodesUsedPercent: number;
}

/** File systems on devices, each once, by mount point. */
export function diskFacts(): readonly DiskFacts[] {
  const seen = new Set<string>();
  const disks: DiskFacts[] = [];
  for (const mount of parseMounts(read('/proc/self/mountinfo'))) {
    if (!mount.device.startsWith('/') || seen.has(mount.device)) continue;
    seen.add(mount.device);
    const room = roomAt(mount.mountpoint);
    if (room !== undefined) disks.push({ ...mount, ...room });
  }
  return disks;
}

/** The file system that holds `path`; undefined when it cannot be asked. */
export function diskAt(path: string): DiskFacts | undefined {
  const room = roomAt(path);
  const mount = parseMounts(read('/proc/self/mountinfo'))
    .filter(({ mountpoint: at }) => path === at || path.startsWith(at === '/' ? at : `${at}/`))
    .reduce<Mount | undefined>(
      // The last of several at one point hides the others.
      (best, m) => (m.mountpoint.length >= (best?.mountpoint.length ?? 0) ? m : best),
      undefined,
    );
  return room === undefined || mount === undefined ? undefined : { ...mount, ...room };
}

type Mount = Pick<DiskFacts, 'device' | 'mountpoint' | 'fileSystem'>;

/** From the text of `/proc/self/mountinfo`, in its order. */
export function parseMounts(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const mountpoint = left.split(' ')[4];
    const [fileSystem, device] = right.split(' ');
    if (mountpoint === undefined || fileSystem === undefined || device === undefined) continue;
    mounts.push({ device: unescape(device), mountpoint: unescape(mountpoint), fileSystem });
  }
  return mounts;
}

/** The kernel writes blanks in names as octal. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function roomAt(path: string): Omit<DiskFacts, keyof Mount> | undefined {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(path);
    const used = (blocks - bfree) * bsize;
    return {
      size: blocks * bsize,
      used,
      available: bavail * bsize,
      // As df tells it: of what users can have, without the reserve.
      usedPercent: percent(used, used + bavail * bsize),
      inodesUsedPercent: percent(files - ffree, files),
    };
  } catch {
    return undefined;
  }
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (part * 100) / whole;
}

export function uptimeSeconds(): number {
  return Number(read('/proc/uptime').split(' ')[0] ?? 0);
}

/** Clock ticks since boot of one processor, or of all (`cpu`). */
export interface CpuTicks {
  readonly name: string;
  readonly user: number;
  readonly system: number;
  readonly idle: number;
  readonly total: number;
}

/** All together first (named `cpu`), then each. Source: proc(5). */
export function cpuTicks(): readonly CpuTicks[] {
  const lines = read('/proc/stat').split('\n');
  return lines.filter((line) => line.startsWith('cpu')).map(parseCpuTicks);
}

function parseCpuTicks(line: string): CpuTicks {
  const [name = '', ...fields] = line.split(/\s+/);
  // The guests' time (fields 9 and 10) is counted in user and nice already.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    fields.map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return {
    name,
    user: user + nice,
    system: system + irq + softirq,
    idle: idle + iowait,
    total: busy + idle + iowait,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
