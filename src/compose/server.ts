/** Builds the server role on the embedded log engine, or on the one that several servers share. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Index } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import { STATE_FETCHES_MAX } from '../core/limits.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../core/model/scheduler-config.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { systemDisk } from '../io/fs/disk.ts';
import { openSegmentLog } from '../io/log/segment-log.ts';
import type { Checkpoint } from '../ports/checkpoint.ts';
import type { AlarmClock } from '../ports/clock.ts';
import type { ClusterLog } from '../ports/cluster-log.ts';
import type { Evaluations } from '../ports/evaluations.ts';
import type { Log } from '../ports/log.ts';
import type { SentState, StateSource } from '../ports/state-source.ts';
import { Checkpointer, restoreReplica } from '../server/checkpointer.ts';
import { Replica } from '../server/replica.ts';
import { Server, type ServerOptions } from '../server/server.ts';
import { fetchState, firstIndexAfter } from '../server/state-fetch.ts';
import type { ClusterStore } from './etcd.ts';
import { logCodec } from './log-codec.ts';
import { openCheckpoint, replaceCheckpoint } from './server-state.ts';

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
  readonly shared?: {
    readonly store: ClusterStore;
    readonly signal: AbortSignal;
    /** The other servers that are in touch just now. */
    readonly sources: () => readonly StateSource[];
  };
  /** Whether anybody leads; absent: this server, or nobody. */
  readonly isLed?: () => boolean;
  /** How old its answers may be [ms]; absent: they are as new as they can be. */
  readonly staleMs?: () => number;
  /** Those of whoever leads; absent: this server, or nobody. */
  readonly evaluations?: Evaluations;
}

/**
 * Opens the log, which brings the state up to date. Closes no `shared` store. A state that the log
 * has left behind is replaced by another server's.
 *
 * Fails: as `openSegmentLog`, or as `ClusterStore.openLog` and `fetchState`.
 */
export async function buildServer(
  config: AgentConfig,
  settings: ServerSettings,
  world: ServerWorld,
): Promise<ServerParts> {
  const opened = await openAll(config, settings, world);
  const { checkpoint, checkpointer, replica, log, clusterLog } = opened;
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

interface Opened extends Pick<ServerParts, 'replica' | 'log' | 'clusterLog'> {
  readonly checkpoint: Checkpoint | undefined;
  readonly checkpointer: Checkpointer | undefined;
}

async function openAll(
  config: AgentConfig,
  settings: ServerSettings,
  world: ServerWorld,
): Promise<Opened> {
  const dir = join(config.dataDir, 'state');
  for (let left = STATE_FETCHES_MAX; ; left--) {
    const checkpoint = await openCheckpoint(dir, world.note);
    const replica = checkpoint === undefined ? new Replica() : restoreReplica(checkpoint);
    const entriesKept = settings.logEntriesKept;
    const parts = { ...world, replica, entriesKept };
    const checkpointer = checkpoint && new Checkpointer({ ...parts, checkpoint });
    try {
      return { checkpoint, replica, checkpointer, ...(await openLog(config, world, replica)) };
    } catch (error) {
      await checkpoint?.close();
      const first = firstIndexAfter(error);
      const { shared } = world;
      if (first === undefined || shared === undefined || left === 0) throw error;
      world.note(`the log begins at index ${first}, after what this server has: asks the others`);
      const keep = (sent: SentState): Promise<void> => replaceCheckpoint(dir, sent);
      // Compacted once more meanwhile, the log refuses again.
      await fetchState(
        (first - 1) as Index,
        { ...world, keep, sources: shared.sources },
        shared.signal,
      );
    }
  }
}

async function openLog(
  config: AgentConfig,
  { shared, note }: ServerWorld,
  replica: Replica,
): Promise<Pick<Opened, 'log' | 'clusterLog'>> {
  const applied = replica.state.index;
  const use = { codec: logCodec(), apply: stopOnBug(replica, note) };
  if (shared !== undefined) {
    const { store, signal } = shared;
    const clusterLog = await store.openLog<Entry, Outcome>({ ...use, applied }, signal);
    return { log: clusterLog, clusterLog };
  }
  const log = await openSegmentLog<Entry, Outcome>(
    { dir: join(config.dataDir, 'log'), applied },
    { ...use, disk: systemDisk },
  );
  return { log, clusterLog: undefined };
}

function serverOptions(settings: ServerSettings): ServerOptions {
  const { intervalMs, ...thresholds } = settings.gc;
  return {
    heartbeatTtlMsMin: settings.heartbeatTtlMsMin,
    heartbeatGraceMs: settings.heartbeatGraceMs,
    heartbeatsPerSecondMax: Math.max(1, settings.heartbeatsPerSecondMax),
    gc: { intervalMs, thresholds },
    ...(isDeepStrictEqual(settings.scheduler, DEFAULT_SCHEDULER_CONFIG)
      ? {}
      : { scheduler: settings.scheduler }),
  };
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
