/** Builds the server role on the embedded log engine, or on the one that several servers share. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure, explain } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../core/model/scheduler-config.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { openLmdbCheckpoint } from '../io/checkpoint/lmdb-checkpoint.ts';
import { systemDisk } from '../io/fs/disk.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { openSegmentLog } from '../io/log/segment-log.ts';
import type { Checkpoint } from '../ports/checkpoint.ts';
import type { AlarmClock } from '../ports/clock.ts';
import type { ClusterLog } from '../ports/cluster-log.ts';
import type { Log } from '../ports/log.ts';
import { Checkpointer, restoreReplica } from '../server/checkpointer.ts';
import { Replica } from '../server/replica.ts';
import { Server, type ServerOptions } from '../server/server.ts';
import type { ClusterStore } from './etcd.ts';

/**
 * The exit code of a program that found itself to be wrong. Source: `EX_SOFTWARE` of sysexits.h.
 */
const EXIT_BUG = 70;

export interface ServerParts {
  readonly server: Server;
  readonly replica: Replica;
  readonly log: Log<Entry, Outcome>;
  /** The same log where several servers share it. */
  readonly clusterLog: ClusterLog<Entry, Outcome> | undefined;
  close(): Promise<void>;
}

export interface ServerWorld {
  readonly clock: AlarmClock;
  readonly random: Random;
  readonly note: (line: string) => void;
  readonly servers: () => readonly string[];
  /** Where several servers keep their log; absent: this one is alone, and keeps it itself. */
  readonly shared?: { readonly store: ClusterStore; readonly signal: AbortSignal };
  /** Whether anybody leads; absent: this server, or nobody. */
  readonly isLed?: () => boolean;
}

/**
 * Opens the log, which brings the state up to date. Closes no `shared` store.
 *
 * Fails: as `openSegmentLog`, or as `ClusterStore.openLog`: `not_found` means that this server is
 * too far behind and needs another's snapshot.
 */
export async function buildServer(
  config: AgentConfig,
  settings: ServerSettings,
  world: ServerWorld,
): Promise<ServerParts> {
  const checkpoint = await openCheckpoint(join(config.dataDir, 'state'), world.note);
  const replica = checkpoint === undefined ? new Replica() : restoreReplica(checkpoint);
  const checkpointer = checkpoint && new Checkpointer({ ...world, checkpoint, replica });
  const applied = replica.state.index;
  const use = { codec: entryCodec<Entry>(), apply: stopOnBug(replica, world.note) };
  const clusterLog = await world.shared?.store.openLog<Entry, Outcome>(
    { ...use, applied },
    world.shared.signal,
  );
  const log =
    clusterLog ??
    (await openSegmentLog<Entry, Outcome>(
      { dir: join(config.dataDir, 'log'), applied },
      { ...use, disk: systemDisk },
    ));
  checkpointer?.attach(log);
  const server = new Server(serverOptions(settings), {
    ...world,
    log,
    replica,
    newId: randomUUID,
    companions: checkpointer ? [checkpointer] : [],
  });
  return {
    server,
    replica,
    log,
    clusterLog,
    async close() {
      await log.close();
      await checkpoint?.close();
    },
  };
}

function serverOptions(settings: ServerSettings): ServerOptions {
  const { intervalMs, ...thresholds } = settings.gc;
  return {
    heartbeatTtlMsMin: settings.heartbeatTtlMsMin,
    heartbeatGraceMs: settings.heartbeatGraceMs,
    gc: { intervalMs, thresholds },
    ...(isDeepStrictEqual(settings.scheduler, DEFAULT_SCHEDULER_CONFIG)
      ? {}
      : { scheduler: settings.scheduler }),
  };
}

/** Undefined where a new one finds no room: the log alone holds everything then. */
async function openCheckpoint(
  dir: string,
  note: (line: string) => void,
): Promise<Checkpoint | undefined> {
  await systemDisk.makeDir(dir);
  try {
    return await openLmdbCheckpoint({ dir }, systemDisk);
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'exhausted') throw error;
    note(explain(error));
    return undefined;
  }
}

/**
 * A throw of `apply` is a bug, and the state after it is nobody's: the process ends before anything
 * is built on it (ADR-0004). Tasks go on under their keeper.
 */
function stopOnBug(replica: Replica, note: (line: string) => void): Replica['apply'] {
  return (index, entry) => {
    try {
      return replica.apply(index, entry);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      note(`a bug: entry ${index} (${entry.type}) cannot be applied: ${text}`);
      process.exit(EXIT_BUG);
    }
  };
}
