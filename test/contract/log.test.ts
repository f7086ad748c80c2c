/** Runs the contract of the Log port against every engine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from '../../src/base/brand.ts';
import { seeded } from '../../src/base/random.ts';
import { systemDisk } from '../../src/io/fs/disk.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import type { Disk } from '../../src/ports/disk.ts';
import { SimDisk } from '../../src/sim/disk.ts';
import { SimLogCell } from '../../src/sim/log.ts';
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
