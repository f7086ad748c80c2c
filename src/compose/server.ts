/** Builds the server role on the embedded log engine. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Index } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { systemDisk } from '../io/fs/disk.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { openSegmentLog } from '../io/log/segment-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { Replica } from '../server/replica.ts';
import { Server } from '../server/server.ts';

export interface ServerParts {
  readonly server: Server;
  readonly log: Log<Entry, Outcome>;
  close(): Promise<void>;
}

export interface ServerWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly note: (line: string) => void;
  readonly servers: () => readonly string[];
}

/** Opens the log, which brings the state up to date. Fails: as `openSegmentLog`. */
export async function buildServer(
  config: AgentConfig,
  settings: ServerSettings,
  world: ServerWorld,
): Promise<ServerParts> {
  const replica = new Replica();
  const log = await openSegmentLog<Entry, Outcome>(
    { dir: join(config.dataDir, 'log'), applied: 0 as Index },
    { disk: systemDisk, codec: entryCodec<Entry>(), apply: replica.apply },
  );
  const server = new Server(
    { heartbeatTtlMsMin: settings.heartbeatTtlMsMin, heartbeatGraceMs: settings.heartbeatGraceMs },
    { ...world, log, replica, newId: randomUUID },
  );
  return { server, log, close: () => log.close() };
}
