/** Builds what keeps the log of several servers: etcd, with a member beside each, or another's. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { explain, Failure } from '../base/failure.ts';
import type { Index } from '../base/brand.ts';
import type { EtcdSettings } from '../core/agent-config/etcd-settings.ts';
import { EtcdClient } from '../io/etcd/client.ts';
import type { EtcdOptions } from '../io/etcd/client.ts';
import { openEtcdLog } from '../io/etcd-log/etcd-log.ts';
import { findEtcd } from '../io/etcd-member/etcd-process.ts';
import { memberBeside } from '../io/etcd-member/member-beside.ts';
import type { MemberTls } from '../io/etcd-member/member-tls.ts';
import { EtcdSupervisor } from '../io/etcd-member/supervisor.ts';
import { countVoters } from '../io/etcd-member/voters.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterLog, CountServers, ServerIdentity } from '../ports/cluster-log.ts';
import type { MemberBeside } from '../ports/etcd-member.ts';
import type { ApplyEntry, EntryCodec } from '../ports/log.ts';
import type { ServerPeers } from '../ports/server-peers.ts';

/** The log's own part of an etcd. Several clusters that share one name it differently. */
const PREFIX = 'muster/';

/** etcd's own advice for the most; its file is mapped into memory, not read. */
const QUOTA_BYTES = 8 * 1024 * 1024 * 1024;

/** A member of this server's own, supervised. */
export interface ManagedEtcd {
  /** `data_dir/etcd`. */
  readonly dir: string;
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** `bootstrap_expect`. */
  readonly expect: number;
  /** Absent: 8 GiB. */
  readonly quotaBytes?: number;
  /** The key of the cluster, which members and servers prove each other; empty: they do not. */
  readonly encrypt: string;
}

/** One that somebody else runs. */
export interface ExternalEtcd extends EtcdOptions {
  /** Ends in a slash; absent: `muster/`. */
  readonly prefix?: string;
}

export interface EtcdWorld {
  readonly self: ServerIdentity;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

/** What other servers that are there say of their disks, by id. */
type Told = () => ReadonlyMap<string, Index>;

/** What a log needs from the server that opens it. */
export interface ClusterLogUse<Entry, Outcome> {
  /** The index that the state is at already. */
  readonly applied: Index;
  readonly codec: EntryCodec<Entry>;
  readonly apply: ApplyEntry<Entry, Outcome>;
}

/** Where the log is kept; it must be open as long as the log is. */
export interface ClusterStore {
  readonly client: EtcdClient;
  /** Undefined where etcd is somebody else's. */
  readonly supervisor: EtcdSupervisor | undefined;
  /** Of the log's keys. */
  readonly prefix: string;
  /** Waits until a log can be opened. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Waits until the store takes requests, and opens the log.
   *
   * Fails: as `openEtcdLog`; `canceled` the signal.
   */
  openLog<Entry, Outcome>(
    use: ClusterLogUse<Entry, Outcome>,
    signal: AbortSignal,
  ): Promise<ClusterLog<Entry, Outcome>>;
  /** Ends the member and the connections. After the log was closed. */
  close(): Promise<void>;
}

/** Starts this server's member. Fails: `unsupported` there is no etcd on PATH. */
export async function manageEtcd(
  settings: ManagedEtcd,
  world: EtcdWorld & { readonly peers: ServerPeers; readonly told?: Told },
): Promise<ClusterStore> {
  findEtcd();
  const { dir, host, clientPort, peerPort, expect } = settings;
  const quotaBytes = settings.quotaBytes ?? QUOTA_BYTES;
  const endpoint = `${host}:${clientPort}`;
  const secured = await tlsOf(settings);
  const client = new EtcdClient({ endpoints: [endpoint], ...secured }, world);
  const supervisor = new EtcdSupervisor(
    { ...{ dir, host, clientPort, peerPort, expect, quotaBytes }, id: world.self.id, ...secured },
    { ...world, client },
  );
  const stop = new AbortController();
  let broken: Error | undefined;
  const running = supervisor.run(stop.signal).catch((error: unknown) => {
    broken = error instanceof Error ? error : new Error(String(error));
    stop.abort();
  });
  const member = memberBeside({ endpoint, votersMin: expect }, client);
  const count = countVoters(client, world.told ?? (() => new Map<string, Index>()));
  const store = storeOf({ client, world, count, member, quotaBytes });
  const ready = async (signal: AbortSignal): Promise<void> => {
    await supervisor.settled(AbortSignal.any([signal, stop.signal]));
    if (broken !== undefined) throw broken;
  };
  return {
    ...{ client, supervisor, prefix: PREFIX, ready },
    async openLog(use, signal) {
      await ready(signal);
      return await store(use, signal);
    },
    async close() {
      stop.abort();
      await running;
      client.close();
    },
  };
}

/** The library for certificates is loaded where there is a key only. */
async function tlsOf({ dir, host, encrypt }: ManagedEtcd): Promise<{ readonly tls?: MemberTls }> {
  if (encrypt === '') return {};
  const { makeMemberTls } = await import('../io/etcd-member/member-tls.ts');
  return { tls: await makeMemberTls(join(dir, 'tls'), encrypt, host) };
}

/**
 * Uses somebody else's etcd, whose leases decide who leads.
 *
 * @param count whose disks count; absent: of all that have said what they keep
 */
export function useEtcd(
  settings: ExternalEtcd,
  world: EtcdWorld,
  count?: CountServers,
): ClusterStore {
  const { prefix = PREFIX, ...options } = settings;
  const client = new EtcdClient(options, world);
  return {
    ...{ client, supervisor: undefined, prefix, ready: () => Promise.resolve() },
    openLog: storeOf({ client, world, prefix, ...(count && { count }) }),
    close() {
      client.close();
      return Promise.resolve();
    },
  };
}

/** What the configuration says of it, files read. Fails: `not_found` a file of TLS. */
export function externalEtcd(settings: EtcdSettings): ExternalEtcd {
  const { endpoints, prefix, user, tls, caFile, certFile, keyFile } = settings;
  const read = (file: string | undefined): Buffer | undefined => {
    try {
      return file === undefined ? undefined : readFileSync(file);
    } catch (cause) {
      throw new Failure('not_found', `cannot read "${file ?? ''}"`, { cause });
    }
  };
  const [ca, cert, key] = [read(caFile), read(certFile), read(keyFile)];
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return { endpoints, prefix, ...(user && { user }), ...(tls && { tls: files }) };
}

interface StoreParts {
  readonly client: EtcdClient;
  readonly world: EtcdWorld;
  readonly prefix?: string;
  readonly member?: MemberBeside;
  readonly quotaBytes?: number;
  readonly count?: CountServers;
}

function storeOf(parts: StoreParts): ClusterStore['openLog'] {
  const { client, world, prefix, member, quotaBytes, count } = parts;
  return async (use, signal) => {
    const options = {
      prefix: prefix ?? PREFIX,
      ...{ self: world.self, applied: use.applied },
      // Others may watch an etcd that is not ours; its owner looks after it.
      compactsRevisions: member !== undefined,
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
    };
    const { clock, note } = world;
    const deps = {
      ...{ ...use, client, clock, note },
      ...{ ...(member && { member }), ...(count && { count }) },
    };
    const told = new Set<string>();
    for (;;) {
      if (signal.aborted) throw new Failure('canceled', 'gave up waiting for etcd');
      try {
        return await openEtcdLog(options, deps);
      } catch (error) {
        if (!(error instanceof Failure) || !PASSING.has(error.fault)) throw error;
        const why = explain(error);
        const whom = member === undefined ? 'etcd' : 'a majority of the etcd members';
        // Reasons that differ in an address or a time are one.
        const kind = why.replace(/\d+/g, '');
        if (!told.has(kind) && told.size < TOLD_MAX) note(`waits for ${whom}: ${why}`);
        told.add(kind);
      }
      await clock.sleep(RETRY_MS, signal);
    }
  };
}

const PASSING: ReadonlySet<string> = new Set(['unavailable', 'timeout']);
const RETRY_MS = 250;
/** So many reasons are told. */
const TOLD_MAX = 10;

/** The name of this server for life, drawn when it is first asked for. */
export function serverIdOf(dataDir: string): string {
  const file = join(dataDir, 'server-id');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const id = randomUUID();
  writeFileSync(file, `${id}\n`, { mode: 0o600, flush: true });
  return id;
}
