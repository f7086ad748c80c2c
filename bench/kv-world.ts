/** The discovery API with the real log behind it, on the disk that holds temporary files. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from '../src/base/brand.ts';
import { seeded } from '../src/base/random.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { Outcome } from '../src/core/state/outcome.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemDisk } from '../src/io/fs/disk.ts';
import { nodeHttpServer } from '../src/io/http/server.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../src/io/log/segment-log.ts';
import { consulApp } from '../src/server/http/consul-api.ts';
import type { Operations } from '../src/server/operations.ts';
import { Replica } from '../src/server/replica.ts';
import { Server } from '../src/server/server.ts';

const NODE = 'bench';

export interface KvWorld {
  readonly port: number;
  readonly operations: Operations;
  stop(): Promise<void>;
}

/** Starts it, with one machine in the catalog, on which sessions may be made. */
export async function startKvWorld(): Promise<KvWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'));
  const replica = new Replica();
  const log = await openSegmentLog<Entry, Outcome>(
    { dir, applied: 0 as Index },
    { disk: systemDisk, codec: entryCodec<Entry>(), apply: replica.apply },
  );
  const basics = { clock: systemClock, random: seeded('bench'), newId: randomUUID };
  const note = (): void => undefined;
  const server = new Server({}, { ...basics, log, replica, note, servers: () => [] });
  const stop = new AbortController();
  const running = server.run(stop.signal);
  const agent = {
    nodeName: NODE,
    serverName: `${NODE}.global`,
    region: 'global',
    datacenter: 'dc1',
    version: '0',
    leader: () => '127.0.0.1:4647',
    peers: () => [],
    members: () => [],
  };
  const app = consulApp({ ...basics, ops: server.operations, agent }, (error) => {
    throw error;
  });
  const listener = await nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
  const facts = { name: NODE, id: randomUUID(), address: '127.0.0.1', datacenter: 'dc1' };
  await log.append([
    {
      type: 'catalog.register',
      at: systemClock.now(),
      node: { ...facts, taggedAddresses: {}, meta: {} },
      skipNodeUpdate: false,
      services: [],
      checks: [],
    },
  ]);
  return {
    port: listener.port,
    operations: server.operations,
    stop: async () => {
      await listener.close(0);
      stop.abort();
      await running;
      await log.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
