/** Runs the contract of the Log port against every engine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import { seeded } from '../../src/base/random.ts';
import { systemClock } from '../../src/io/clock.ts';
import { EtcdClient } from '../../src/io/etcd/client.ts';
import { openEtcdLog } from '../../src/io/etcd-log/etcd-log.ts';
import { memberBeside } from '../../src/io/etcd-member/member-beside.ts';
import { systemDisk } from '../../src/io/fs/disk.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import type { Disk } from '../../src/ports/disk.ts';
import { SimDisk } from '../../src/sim/disk.ts';
import { SimLogCell } from '../../src/sim/log.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';
import type { EtcdCluster } from '../etcd-process.ts';
import type { Engine, Fact } from './log.ts';
import { logContract } from './log.ts';

/** Small, so that the tests cross many segments. */
const SIZES = { segmentBytes: 16 * 1024, preallocateBytes: 4 * 1024 };

function embedded(name: string, disk: Disk, dir: string, end: () => Promise<void>): Engine {
  return {
    name,
    open: (apply, applied) =>
      openSegmentLog({ dir, applied, ...SIZES }, { disk, codec: entryCodec<Fact>(), apply }),
    end,
  };
}

logContract('embedded on the real disk', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-log-'));
  return embedded('real', systemDisk, join(dir, 'log'), () => rm(dir, { recursive: true }));
});

logContract('embedded on the simulated disk', () => {
  const disk = new SimDisk({ random: seeded('contract') });
  return Promise.resolve(embedded('sim', disk, '/data/log', () => Promise.resolve()));
});

logContract('simulated cell', () => {
  const cell = new SimLogCell<Fact>({ codec: entryCodec(), random: seeded('contract') });
  const engine: Engine = {
    name: 'cell',
    open: (apply, applied: Index) => {
      const member = cell.member(apply, applied);
      cell.elect(member);
      return Promise.resolve(member);
    },
    end: () => Promise.resolve(),
  };
  return Promise.resolve(engine);
});

let shared: Promise<EtcdCluster> | undefined;
let prefixes = 0;
after(async () => (await shared)?.end());

/** A log of its own in an etcd that all these tests share. */
async function onEtcd(beside: boolean): Promise<Engine> {
  shared ??= startEtcd();
  const { endpoints } = await shared;
  const client = new EtcdClient({ endpoints }, { clock: systemClock });
  const [endpoint = ''] = endpoints;
  const member = memberBeside({ endpoint, votersMin: 1 }, client);
  const prefix = `contract-${++prefixes}/`;
  return {
    name: 'etcd',
    async open(apply, applied) {
      const self = { id: 'one', name: 'one', address: '127.0.0.1:4647' };
      const log = await openEtcdLog(
        { prefix, self, applied, compactsRevisions: true },
        {
          ...{
            client,
            apply,
            codec: entryCodec<Fact>(),
            clock: systemClock,
            note: () => undefined,
          },
          ...(beside ? { member } : {}),
        },
      );
      for await (const { leading } of log.leadership(new AbortController().signal)) {
        if (leading) break;
      }
      return log;
    },
    end: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

if (withoutEtcd === undefined) {
  logContract('etcd, led from beside its leader', () => onEtcd(true));
  logContract('etcd, led by a lease', () => onEtcd(false));
} else {
  test('etcd', { skip: withoutEtcd }, () => undefined);
}
