/**
 * `muster operator engine migrate`: moves the log of a server that was alone to etcd, so that
 * others can share it. The state's checkpoint stays: it is at an index of the same log.
 */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { Invocation } from '../cli/command.ts';
import type { World } from '../cli/world.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import type { Index } from '../base/brand.ts';
import { systemClock } from '../io/clock.ts';
import { openLmdbCheckpoint } from '../io/checkpoint/lmdb-checkpoint.ts';
import { systemDisk } from '../io/fs/disk.ts';
import { importLog } from '../io/etcd-log/import-log.ts';
import { openSegmentLog } from '../io/log/segment-log.ts';
import { loadAgentConfig } from './agent.ts';
import { externalEtcd, manageEtcd, serverIdOf, useEtcd, type ClusterStore } from './etcd.ts';
import { logCodec } from './log-codec.ts';

/** Answers the exit code. Fails: as the configuration, the two logs, or etcd do. */
export async function migrateEngineMain(invocation: Invocation, world: World): Promise<number> {
  const config = await loadAgentConfig(invocation, world);
  const note = (line: string): void => world.err(`${line}\n`);
  const moved = await migrateEngine(config, note, world.signal);
  world.out(`Moved ${moved} entries to etcd. Start this server now, and then the others.\n`);
  return 0;
}

/**
 * Moves the entries and puts the old log aside as `log.migrated`; answers how many they were. The
 * agent must not run.
 *
 * Fails: `not_found` there is no such log; `invalid` the configuration names no several servers;
 * `conflict` the agent runs, or etcd holds another log; as etcd does. What failed can be repeated.
 */
export async function migrateEngine(
  config: AgentConfig,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const { server, dataDir } = config;
  const dir = join(dataDir, 'log');
  if (!existsSync(dir)) throw new Failure('not_found', `"${dir}" holds no log of a single server`);
  if (server === undefined || !isShared(server)) {
    const wish = 'server { bootstrap_expect = 3 } or server { etcd { endpoints = [...] } }';
    throw new Failure('invalid', `the configuration is that of a server alone: it needs ${wish}`);
  }
  // Nothing is applied: only what is there is moved.
  const apply = (): undefined => undefined;
  const applied = await checkpointIndex(join(dataDir, 'state'));
  const codec = logCodec();
  const source = await openSegmentLog({ dir, applied }, { disk: systemDisk, codec, apply });
  try {
    const store = await openStore(config, server, note);
    try {
      await store.ready(signal);
      const { client, prefix } = store;
      const moved = await importLog(source, { client, codec, prefix });
      await source.close();
      renameSync(dir, `${dir}.migrated`);
      return moved;
    } finally {
      await store.close();
    }
  } finally {
    await source.close();
  }
}

/** The log may begin after what the checkpoint holds. */
async function checkpointIndex(dir: string): Promise<Index> {
  await systemDisk.makeDir(dir);
  const checkpoint = await openLmdbCheckpoint({ dir }, systemDisk);
  try {
    return checkpoint.load().index;
  } finally {
    await checkpoint.close();
  }
}

const isShared = ({ bootstrapExpect, etcd }: ServerSettings): boolean =>
  bootstrapExpect > 1 || etcd.endpoints.length > 0;

async function openStore(
  config: AgentConfig,
  settings: ServerSettings,
  note: (line: string) => void,
): Promise<ClusterStore> {
  const self = { id: serverIdOf(config.dataDir), name: config.name ?? '', address: '' };
  const world = { self, clock: systemClock, note };
  if (settings.etcd.endpoints.length > 0) return useEtcd(externalEtcd(settings.etcd), world);
  return await manageEtcd(
    {
      ...{ dir: join(config.dataDir, 'etcd'), host: config.bindAddr, encrypt: config.encrypt },
      ...{ clientPort: config.ports.etcd, peerPort: config.ports.etcdPeer },
      // It begins the cluster alone: the others join one that holds this server's log.
      expect: 1,
    },
    { ...world, peers: { known: () => [], announce: () => undefined, forget: () => undefined } },
  );
}
