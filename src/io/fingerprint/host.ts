/**
 * Looks at the machine for its facts, named as Nomad names them.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/runtime/interpolation#node-attributes
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, hostname, networkInterfaces, release, type } from 'node:os';
import { dirname } from 'node:path';
import type { Millis } from '../../base/brand.ts';
import type { NodeNetwork } from '../../core/model/node.ts';
import type { HostUsage } from '../../core/model/usage.ts';
import type { Fingerprinter, HostFacts } from '../../ports/fingerprint.ts';
import { HostSampler } from '../proc/host-usage.ts';
import { cpuFacts, diskAt, memoryFacts } from '../proc/machine.ts';
import { hostAddress, isDown } from './host-address.ts';
import { goArch, parseCgroupVersion, parseDefaultRoute, parseOsRelease } from './parse.ts';

export interface HostOptions {
  /** Where allocations lie, or are to lie: its file system's room is the node's disk. */
  readonly storagePath: string;
  /** The interface whose address tasks are reached at; undefined: the default route's. */
  readonly networkInterface?: string;
  /** Of the agent: its interface counts where there is no default route. */
  readonly bindAddr: string;
  /** Tasks are reached on this machine alone (`-dev`): the loopback interface. */
  readonly loopback: boolean;
}

const MIB = 1_048_576;
/** What an interface that does not tell is taken for [Mbit/s]. Source: Nomad's default. */
const MBITS = 1_000;

export class HostFingerprinter implements Fingerprinter {
  readonly #options: HostOptions;
  readonly #now: () => Millis;
  readonly #sampler = new HostSampler();
  /** As it was found last. */
  #known: NodeNetwork | undefined;

  constructor(options: HostOptions, now: () => Millis) {
    this.#options = options;
    this.#now = now;
  }

  async read(): Promise<HostFacts> {
    const cpu = cpuFacts();
    const memory = memoryFacts();
    const disk = diskAt(nearestExisting(this.#options.storagePath));
    const os = parseOsRelease(await text('/etc/os-release'));
    const cgroups = parseCgroupVersion(await text('/proc/self/mountinfo'));
    const network = await this.#network();
    const total = cpu.count * cpu.mhz;
    const attributes: Record<string, string> = {
      'cpu.arch': goArch(cpu.arch),
      'cpu.numcores': String(cpu.count),
      'cpu.frequency': String(cpu.mhz),
      'cpu.totalcompute': String(total),
      'cpu.usablecompute': String(total),
      'cpu.reservablecores': String(cpu.count),
      ...optional('cpu.modelname', cpu.model),
      'kernel.name': type().toLowerCase(),
      'kernel.arch': machineArch(cpu.arch),
      'kernel.version': release(),
      ...optional('os.name', os['ID']),
      ...optional('os.version', os['VERSION_ID']),
      'os.signals': Object.keys(constants.signals).sort().join(','),
      ...optional('os.cgroups.version', cgroups?.slice(1)),
      ...optional('unique.cgroup.version', cgroups),
      ...optional('unique.cgroup.mountpoint', cgroups === undefined ? '' : '/sys/fs/cgroup'),
      'memory.totalbytes': String(memory.total),
      'unique.hostname': hostname(),
      ...optional('unique.storage.volume', disk?.device),
      'unique.storage.bytestotal': String(disk?.size ?? 0),
      'unique.storage.bytesfree': String(disk?.available ?? 0),
      ...optional('unique.network.ip-address', network?.ip),
    };
    return {
      attributes,
      hostname: hostname(),
      cpu: total,
      cores: cpu.count,
      memoryMb: Math.floor(memory.total / MIB),
      diskMb: Math.floor((disk?.available ?? 0) / MIB),
      networks: network === undefined ? [] : [network],
    };
  }

  usage(): Promise<HostUsage> {
    return Promise.resolve(this.#sampler.sample(this.#now()));
  }

  async #network(): Promise<NodeNetwork | undefined> {
    const { networkInterface, bindAddr, loopback } = this.#options;
    const interfaces = networkInterfaces();
    const known = this.#known;
    if (known !== undefined && isDown(known.device, interfaces, await devices())) return known;
    const routed = loopback ? 'lo' : parseDefaultRoute(await text('/proc/net/route'));
    const best = hostAddress(interfaces, networkInterface ?? routed, bindAddr);
    if (best === undefined) return undefined;
    const { device, address: ip, family } = best;
    const cidr = `${ip}/${family === 'IPv4' ? 32 : 128}`;
    this.#known = { mode: 'host', device, ip, cidr, mbits: await speedOf(device) };
    return this.#known;
  }
}

/** All interfaces of this namespace, whether they are up or not. */
async function devices(): Promise<readonly string[]> {
  const lines = (await text('/proc/net/dev')).matchAll(/^ *([^: ]+):/gm);
  return [...lines].map(([, name = '']) => name);
}

async function speedOf(device: string): Promise<number> {
  const mbits = Number(await text(`/sys/class/net/${device}/speed`));
  return Number.isFinite(mbits) && mbits > 0 ? mbits : MBITS;
}

function machineArch(nodeArch: string): string {
  if (nodeArch === 'x64') return 'x86_64';
  return nodeArch === 'arm64' ? 'aarch64' : nodeArch;
}

/** The data directory may not be there yet; its parent's file system will hold it. */
function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '' ? {} : { [name]: value };
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
