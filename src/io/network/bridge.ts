/**
 * Networks of allocations: a namespace each, joined to one bridge, ports published by the packet
 * filter. All of it lives in the kernel, so it goes on when the agent ends.
 *
 * BR1: everything is made so that it may be there already: whole, half, or not at all.
 * BR2: one thing at a time: the packet filter's programs lock each other out anyway.
 * BR3: which address an allocation has stands in a file, so that it keeps it over a restart.
 * BR4: a namespace has its name here whoever made it, so that it is found and taken away alike.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/networking (bridge networking)
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { AllocId } from '../../core/model/ids.ts';
import type { AllocNetwork, AllocNetworks, NetworkWish } from '../../ports/network.ts';
import { freeAddress, parseSubnet, type Subnet } from './addresses.ts';
import { findProgram, run } from './commands.ts';
import { BRIDGE, CHAINS, DNAT, fixtures, isPublished, owners, publish, withdraw } from './rules.ts';

export interface BridgeOptions {
  /** Where addresses are written down: `data_dir/client/network`. */
  readonly dir: string;
  /** Source: Nomad's `bridge_network_subnet`. */
  readonly subnet: string;
}

export const DEFAULT_SUBNET = '172.26.64.0/20';

const NAMESPACES = '/run/netns';
const PREFIX = 'muster-';
/** The name of the interface inside, as containers expect it. */
const INSIDE = 'eth0';

interface Programs {
  readonly ip: string;
  readonly iptables: string;
  readonly restore: string;
}

export class BridgeNetworks implements AllocNetworks {
  readonly #dir: string;
  readonly #subnet: Subnet | undefined;
  readonly #taken = new Map<string, string>();
  #last: Promise<unknown> = Promise.resolve();
  #isBuilt = false;

  constructor(options: BridgeOptions) {
    this.#dir = options.dir;
    this.#subnet = parseSubnet(options.subnet);
  }

  async unavailable(): Promise<string | undefined> {
    try {
      const { programs } = this.#means();
      await run(programs.iptables, ['-w', '-t', 'nat', '-S', 'POSTROUTING']);
      return undefined;
    } catch (error) {
      return error instanceof Failure ? error.message : String(error);
    }
  }

  async ensure(wish: NetworkWish, signal: AbortSignal): Promise<AllocNetwork> {
    const { programs, subnet } = this.#means();
    const isAlone = wish.mode === 'none';
    const address = isAlone ? '' : await this.#alone(() => this.#address(wish.id, subnet));
    // Who lends may take its time: nobody else waits for it (BR2).
    const holder = await wish.lend?.(address, signal);
    return this.#alone(async () => {
      if (signal.aborted) throw new Failure('canceled', 'the network was given up');
      const name = nameOf(wish.id);
      if (holder === undefined) await makeNamespace(programs, name);
      else await nameNamespace(programs, name, holder);
      const namespace = join(NAMESPACES, name);
      if (isAlone) return { namespace, interfaceName: '', address };
      await this.#build(programs, subnet);
      await connect(programs, { name, address, subnet, outside: outsideOf(wish.id) });
      await this.#rules(programs, wish.id, publish(wish.id, address, wish.ports));
      return { namespace, interfaceName: INSIDE, address };
    });
  }

  remove(id: AllocId): Promise<void> {
    return this.#alone(async () => {
      const { programs } = this.#means();
      await this.#removeOne(programs, id);
    });
  }

  sweep(keep: ReadonlySet<AllocId>): Promise<void> {
    return this.#alone(async () => {
      // Without the programs nothing can have been made.
      if ((await this.#found()) === undefined) return;
      const { programs } = this.#means();
      const spaces = (await namesIn(NAMESPACES))
        .filter((name) => name.startsWith(PREFIX))
        .map((name) => name.slice(PREFIX.length));
      const noted = await namesIn(this.#dir);
      const ruled = owners(await this.#listing(programs));
      for (const id of new Set([...spaces, ...noted, ...ruled]) as Set<AllocId>) {
        if (!keep.has(id)) await this.#removeOne(programs, id);
      }
    });
  }

  /** Fails: `unsupported` with the reason. */
  #means(): { readonly programs: Programs; readonly subnet: Subnet } {
    if (process.getuid?.() !== 0) {
      throw new Failure('unsupported', 'networks of allocations need the rights of root');
    }
    if (this.#subnet === undefined) {
      throw new Failure('unsupported', 'the subnet for networks of allocations cannot be read');
    }
    const ip = findProgram('ip');
    const iptables = findProgram('iptables');
    const restore = findProgram('iptables-restore');
    if (ip === undefined || iptables === undefined || restore === undefined) {
      const missing = ip === undefined ? 'ip' : 'iptables';
      throw new Failure('unsupported', `program "${missing}" is not found on this machine`);
    }
    return { programs: { ip, iptables, restore }, subnet: this.#subnet };
  }

  #found(): Promise<true | undefined> {
    try {
      this.#means();
      return Promise.resolve(true);
    } catch {
      return Promise.resolve(undefined);
    }
  }

  /** What all allocations share: the bridge, forwarding, chains. */
  async #build(programs: Programs, subnet: Subnet): Promise<void> {
    const { ip, iptables } = programs;
    const isThere = await hasInterface(BRIDGE);
    if (isThere && this.#isBuilt) return;
    if (!isThere) await run(ip, ['link', 'add', BRIDGE, 'type', 'bridge']);
    await run(ip, ['addr', 'replace', `${subnet.gateway}/${subnet.bits}`, 'dev', BRIDGE]);
    await run(ip, ['link', 'set', BRIDGE, 'up']);
    await setting('net/ipv4/ip_forward');
    // Ports are asked for on 127.0.0.1 too; such packets leave by the bridge only if this allows
    // it.
    await setting(`net/ipv4/conf/${BRIDGE}/route_localnet`);
    for (const { table, chain } of CHAINS) {
      if (!(await succeeds(iptables, ['-w', '-t', table, '-S', chain]))) {
        await run(iptables, ['-w', '-t', table, '-N', chain]);
      }
    }
    for (const { table, chain, rule } of fixtures(subnet.cidr)) {
      if (!(await succeeds(iptables, ['-w', '-t', table, '-C', chain, ...rule]))) {
        await run(iptables, ['-w', '-t', table, '-A', chain, ...rule]);
      }
    }
    this.#isBuilt = true;
  }

  /** BR3. */
  async #address(id: AllocId, subnet: Subnet): Promise<string> {
    if (this.#taken.size === 0) await this.#readAddresses();
    const known = this.#taken.get(id);
    if (known !== undefined) return known;
    const address = freeAddress(subnet, new Set(this.#taken.values()));
    if (address === undefined) {
      throw new Failure('exhausted', `no address is left in subnet ${subnet.cidr}`);
    }
    await mkdir(this.#dir, { recursive: true });
    await writeFile(join(this.#dir, id), address);
    this.#taken.set(id, address);
    return address;
  }

  async #readAddresses(): Promise<void> {
    for (const id of await namesIn(this.#dir)) {
      this.#taken.set(id, (await readFile(join(this.#dir, id), 'utf8')).trim());
    }
  }

  /** Replaces an allocation's rules at once: there is no moment with half of them. */
  async #rules(programs: Programs, id: AllocId, added: readonly string[]): Promise<void> {
    const listing = await this.#listing(programs);
    if (isPublished(listing, id, added)) return;
    const lines = [...withdraw(listing, id), ...added];
    const text = ['*nat', ...lines, 'COMMIT', ''].join('\n');
    await run(programs.restore, ['-w', '--noflush'], text);
  }

  async #listing({ iptables }: Programs): Promise<string> {
    try {
      return await run(iptables, ['-w', '-t', 'nat', '-S', DNAT]);
    } catch {
      // The chain is not there before the first allocation.
      return '';
    }
  }

  async #removeOne(programs: Programs, id: AllocId): Promise<void> {
    await this.#rules(programs, id, []);
    const outside = outsideOf(id);
    if (await hasInterface(outside)) await run(programs.ip, ['link', 'del', outside]);
    const name = nameOf(id);
    if (existsSync(join(NAMESPACES, name))) await run(programs.ip, ['netns', 'del', name]);
    await rm(join(this.#dir, id), { force: true });
    this.#taken.delete(id);
  }

  /** BR2. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

async function makeNamespace({ ip }: Programs, name: string): Promise<void> {
  const isAlive = await succeeds(ip, ['-n', name, 'link', 'show', 'lo']);
  if (!isAlive) {
    // After a crash at the wrong moment the name is there without a namespace behind it.
    await succeeds(ip, ['netns', 'del', name]);
    await run(ip, ['netns', 'add', name]);
  }
  await run(ip, ['-n', name, 'link', 'set', 'lo', 'up']);
}

/** BR4: gives a namespace that somebody else made our name, instead of the one that had it. */
async function nameNamespace({ ip }: Programs, name: string, holder: number): Promise<void> {
  if (!(await isSameFile(join(NAMESPACES, name), `/proc/${holder}/ns/net`))) {
    await succeeds(ip, ['netns', 'del', name]);
    await run(ip, ['netns', 'attach', name, String(holder)]);
  }
  await run(ip, ['-n', name, 'link', 'set', 'lo', 'up']);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([stat(one), stat(other)]);
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

interface Place {
  readonly name: string;
  readonly address: string;
  readonly subnet: Subnet;
  readonly outside: string;
}

async function connect({ ip }: Programs, { name, address, subnet, outside }: Place): Promise<void> {
  const isJoined =
    (await hasInterface(outside)) && (await succeeds(ip, ['-n', name, 'link', 'show', INSIDE]));
  if (!isJoined) {
    await succeeds(ip, ['link', 'del', outside]);
    const peer = ['peer', 'name', INSIDE, 'netns', name];
    await run(ip, ['link', 'add', outside, 'type', 'veth', ...peer]);
  }
  await run(ip, ['link', 'set', outside, 'master', BRIDGE, 'up']);
  await run(ip, ['-n', name, 'addr', 'replace', `${address}/${subnet.bits}`, 'dev', INSIDE]);
  await run(ip, ['-n', name, 'link', 'set', INSIDE, 'up']);
  await run(ip, ['-n', name, 'route', 'replace', 'default', 'via', subnet.gateway]);
}

/** Not from `/sys`, which shows the namespace of whoever mounted it. */
async function hasInterface(name: string): Promise<boolean> {
  const table = await readFile('/proc/self/net/dev', 'utf8');
  return table.split('\n').some((line) => line.trim().startsWith(`${name}:`));
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch {
    return false;
  }
}

/** Turns a switch of the kernel on. Fails: `unavailable`. */
async function setting(name: string): Promise<void> {
  const path = `/proc/sys/${name}`;
  try {
    if ((await readFile(path, 'utf8')).trim() !== '1') await writeFile(path, '1');
  } catch (error) {
    throw new Failure('unavailable', `cannot set ${name}`, { cause: error });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

function nameOf(id: AllocId): string {
  return `${PREFIX}${id}`;
}

/** Names of interfaces have at most 15 characters. */
function outsideOf(id: AllocId): string {
  return `mu${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}
