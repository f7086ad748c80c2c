import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { seeded } from '../../base/random.ts';
import { SimDisk } from '../../sim/disk.ts';
import { carelessBuild, earlierBuild, laterBuild, type BuildFact } from '../../../test/builds.ts';
import { entryCodec } from './entry-codec.ts';
import { openSegmentLog, type SegmentLog } from './segment-log.ts';

const known: readonly BuildFact[] = [{ type: 'known', n: 1 }];
const later: readonly BuildFact[] = [...known, { type: 'later', n: 2 }];
const isRefused = { fault: 'unsupported', message: /version 2,.* upgrade this server/ };

test('VC1: what every build understands is written as before there were versions', () => {
  const plain = entryCodec<BuildFact>();
  assert.deepEqual(laterBuild.encode(known), plain.encode(known));
  assert.deepEqual(earlierBuild.decode(laterBuild.encode(known)), known);
  assert.deepEqual(laterBuild.decode(plain.encode(known)), known);
});

test('EV2: what needs a later version is read by a later build alone', () => {
  assert.deepEqual(laterBuild.decode(laterBuild.encode(later)), later);
  assert.throws(() => earlierBuild.decode(laterBuild.encode(later)), isRefused);
  // A build that has no versions does not take the mark for entries either.
  assert.throws(() => entryCodec<BuildFact>().decode(laterBuild.encode(later)));
});

test('EV2: an unknown type is refused whatever its writer said', () => {
  assert.throws(() => earlierBuild.decode(carelessBuild.encode(later)), isRefused);
});

test('EV2: an earlier build does not open the log of one server that a later one wrote', async () => {
  const disk = new SimDisk({ random: seeded('builds') });
  const seen: BuildFact[] = [];
  const open = (codec: typeof laterBuild): Promise<SegmentLog<BuildFact, unknown>> => {
    const apply = (_: Index, entry: BuildFact): unknown => seen.push(entry);
    return openSegmentLog({ dir: '/log', applied: 0 as Index }, { disk, codec, apply });
  };
  const log = await open(laterBuild);
  await log.append(known);
  await log.append(later);
  await log.close();
  seen.length = 0;
  await assert.rejects(open(earlierBuild), isRefused);
  assert.deepEqual(seen, known);
  // Nothing of it was lost by that.
  await (await open(laterBuild)).close();
  assert.deepEqual(seen, [...known, ...known, ...later]);
});
