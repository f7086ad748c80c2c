/**
 * This agent as a member of one pool: where it is reached, and the keys that it keeps from one run
 * to the next.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { toBase64 } from '../base/base64.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { GossipSettings } from '../core/agent-config/gossip-settings.ts';
import type { Address } from '../core/gossip/address.ts';
import { parseKey, type KeyRing } from '../core/gossip/key-ring.ts';
import { decodeMemory, encodeMemory } from '../core/gossip/serf/memory.ts';
import type { RingPolicy } from '../core/gossip/serf/ring.ts';
import { Gossip, type GossipOptions, type MemoryKeeper } from '../gossip/gossip.ts';
import { parseJoin } from '../gossip/join-address.ts';
import { changeKeys, listKeys } from '../gossip/keys.ts';
import { systemClock } from '../io/clock.ts';
import { systemGossipSockets } from '../io/gossip/sockets.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import type { OwnPool } from '../server/http/consul/own-agent.ts';

/** What differs from pool to pool. */
export interface MemberOptions extends Pick<
  GossipOptions,
  'service' | 'name' | 'tags' | 'streamTimeoutMs' | 'refusal' | 'isCompany' | 'defaultPort'
> {
  readonly settings: Omit<GossipSettings, 'wan'>;
  /** Of its kind of network. */
  readonly policy: RingPolicy;
  readonly port: number;
  /** What tells the files of this pool from another's in the data directory. */
  readonly suffix: string;
}

export function buildMember(
  config: AgentConfig,
  { settings, port, suffix, policy, ...options }: MemberOptions,
  { random, note }: { readonly random: Random; readonly note: (line: string) => void },
): Gossip {
  const path = (name: string): string => {
    return join(config.dataDir, 'gossip', `${name}${suffix}.json`);
  };
  const ringPath = path('keyring');
  return new Gossip(
    {
      ...options,
      listen: { host: settings.address, port },
      advertise: advertised(settings, options.defaultPort),
      keys: keysOf(config.encrypt, ringPath, note),
      label: '',
      retryJoin: settings.join,
      rejoinAfterLeave: settings.rejoinAfterLeave,
      policy: { ...policy, reconnectTimeoutMs: settings.reconnectTimeoutMs },
    },
    {
      sockets: systemGossipSockets,
      clock: systemClock,
      random,
      note,
      keepKeys: (keys) => {
        try {
          keepFile(ringPath, `${JSON.stringify(keys)}\n`, true);
        } catch (error) {
          note(`cannot keep the keys in ${ringPath} for the next start: ${explain(error)}`);
        }
      },
      memory: memoryIn(path('members'), note),
    },
  );
}

/** What the API does with a pool. */
export function poolOf(gossip: Gossip): OwnPool {
  return {
    join: (address) => gossip.join(address),
    forceLeave: (name, prune) => gossip.forceLeave(name, prune),
    leave: () => gossip.leave(),
    listKeys: async () => {
      const { keys, primaryKeys, members } = await listKeys(gossip);
      return { keys, primaryKeys, numNodes: members };
    },
    changeKeys: (verb, key) => changeKeys(gossip, verb, key),
  };
}

/** The agent goes on without this pool where another program has its port. */
export function unlessTaken(gossip: Gossip, note: (line: string) => void): Service {
  return {
    name: gossip.name,
    run: async (signal) => {
      try {
        await gossip.run(signal);
      } catch (error) {
        if (!(error instanceof Failure) || error.fault !== 'conflict') throw error;
        note(`no gossip: ${explain(error)}`);
        await untilAborted(signal);
      }
    },
  };
}

/** Where it listens everywhere, others are told an address of the machine. */
function advertised(
  { address, advertise }: Omit<GossipSettings, 'wan'>,
  defaultPort: number,
): Partial<Address> {
  if (advertise !== undefined) return parseJoin(advertise, defaultPort);
  if (address !== '0.0.0.0' && address !== '::') return {};
  const family = address === '::' ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = all.find((each) => !each.internal && each.family === family);
  return { host: found?.address ?? (family === 'IPv4' ? '127.0.0.1' : '::1') };
}

/**
 * The keys of the last run, as members have changed them since; at first the one configured, which
 * does not come back once it was removed: somebody else may hold it. What is no key of the right
 * length is a word that one is made of.
 *
 * Source: Consul, where a keyring on disk takes the place of `encrypt`
 */
function keysOf(encrypt: string, path: string, note: (line: string) => void): KeyRing {
  if (encrypt === '') return [];
  const configured =
    parseKey(encrypt) === undefined
      ? toBase64(createHash('sha256').update(encrypt).digest())
      : encrypt.trim();
  const kept = keptKeys(path);
  if (kept.length === 0) return [configured];
  if (!kept.includes(configured)) {
    note(`gossip uses the keys in ${path}: the one in \`encrypt\` is none of them`);
  }
  return kept;
}

function keptKeys(path: string): KeyRing {
  try {
    const text = keptText(path);
    if (text === undefined) return [];
    const keys: unknown = JSON.parse(text);
    if (Array.isArray(keys)) {
      return keys.filter((key): key is string => {
        return typeof key === 'string' && parseKey(key) !== undefined;
      });
    }
  } catch (cause) {
    throw new Failure('invalid', `cannot read the keys in ${path}`, { cause });
  }
  throw new Failure('invalid', `${path} holds no list of keys`);
}

/** What it remembers is a help: without it, it has to be told whom to join, and no more. */
function memoryIn(path: string, note: (line: string) => void): MemoryKeeper {
  return {
    load: () => {
      try {
        const text = keptText(path);
        if (text === undefined) return undefined;
        const memory = decodeMemory(text);
        if (memory === undefined) note(`${path} is not what an agent wrote: nobody is remembered`);
        return memory;
      } catch (error) {
        note(`cannot read whom it knew in ${path}: ${explain(error)}`);
        return undefined;
      }
    },
    keep: (memory) => {
      try {
        keepFile(path, encodeMemory(memory), false);
      } catch (error) {
        note(`cannot keep whom it knows in ${path}: ${explain(error)}`);
      }
    },
  };
}

/** Undefined: there is no such file. Fails: as the system does. */
function keptText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param isDurable whether it is on the disk before it takes the place of the older one */
function keepFile(path: string, text: string, isDurable: boolean): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: isDurable });
  renameSync(`${path}.new`, path);
}
