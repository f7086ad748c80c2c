import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { seeded } from '../base/random.ts';
import { SILENT_NODES_PER_APPEND_MAX } from '../core/limits.ts';
import { SimClock } from '../sim/clock.ts';
import { SimLoop } from '../sim/loop.ts';
import { leadingReplica } from '../../test/replica-world.ts';
import { nodeFacts, nodeId } from '../../test/state-world.ts';
import { Heartbeats } from './heartbeats.ts';
import type { Appends } from './proposer.ts';

const never = new AbortController().signal;
const OPTIONS = { ttlMsMin: 10_000, graceMs: 10_000, perSecondMax: 5_000 };
/** Of a whole fleet that is silent, all are given up by then [ms]: see PU3 of `Pulses`. */
const ALL_MS = 2 * 10_000 + 10_000 + 60_000 + 20_000;

/** A log that notes what is under way at once, and takes its time. */
class WatchedLog implements Appends {
  appends = 0;
  entriesMost = 0;
  underWayMost = 0;
  #underWay = 0;
  readonly #inner: Appends;
  readonly #clock: SimClock;

  constructor(inner: Appends, clock: SimClock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  append: Appends['append'] = async (entries) => {
    this.appends++;
    this.entriesMost = Math.max(this.entriesMost, entries.length);
    this.underWayMost = Math.max(this.underWayMost, ++this.#underWay);
    await this.#clock.sleep(5, never);
    this.#underWay--;
    return this.#inner.append(entries);
  };
}

test('H3: 5,000 nodes silent at once are given up in batches, one under way at a time', async () => {
  const nodes = 5_000;
  const clock = new SimClock(1_000_000);
  const loop = new SimLoop(clock);
  const { log: inner, replica } = leadingReplica();
  const at = clock.now();
  await inner.append(
    Array.from({ length: nodes }, (_, n) => {
      return { type: 'node.register', at, node: nodeFacts(n), seed: `${n}` } as const;
    }),
  );
  const log = new WatchedLog(inner, clock);
  const notes: string[] = [];
  const heartbeats = new Heartbeats(OPTIONS, {
    ...{ log, replica, clock, random: seeded('beats') },
    ...{ newId: () => 'seed', note: (line) => notes.push(line) },
  });
  const stop = new AbortController();
  const running = heartbeats.run(stop.signal);
  const down = (): number =>
    [...replica.state.nodes()].filter(({ status }) => status === 'down').length;
  const beat = (): unknown => heartbeats.heard(nodeId(7));
  for (let passed = 0; passed < ALL_MS; passed += 1_000) {
    loop.at(clock.now() + 500, beat);
    await loop.run((clock.now() + 1_000) as Millis);
  }
  assert.equal(down(), nodes - 1, notes.join('\n'));
  assert.notEqual(replica.state.node(nodeId(7))?.status, 'down');
  assert.equal(log.underWayMost, 1);
  assert.equal(log.entriesMost, SILENT_NODES_PER_APPEND_MAX);
  const least = nodes / SILENT_NODES_PER_APPEND_MAX;
  assert.ok(log.appends >= least && log.appends < 2 * least, `${log.appends} appends`);
  stop.abort();
  await loop.run((clock.now() + 1_000) as Millis);
  await running;
  await inner.close();
});
