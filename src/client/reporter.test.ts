import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { AllocUpdate } from '../ports/server-link.ts';
import { SimClock } from '../sim/clock.ts';
import { Reporter } from './reporter.ts';

class World {
  readonly clock = new SimClock();
  readonly batches: string[] = [];
  readonly lines: string[] = [];
  readonly stop = new AbortController();
  away = false;
  readonly reporter = new Reporter({
    clock: this.clock,
    random: seeded('reporter'),
    log: (line) => this.lines.push(line),
    send: (updates) => {
      if (this.away) return Promise.reject(new Failure('unavailable', 'no server'));
      const shown = updates.map((one) => `${one.id}=${one.clientDescription}`).join(' ');
      this.batches.push(`${this.clock.now()}: ${shown}`);
      return Promise.resolve();
    },
  });
  readonly running = this.reporter.run(this.stop.signal);

  report(id: string, text: string, urgent: boolean): void {
    const update: AllocUpdate = {
      id: id as AllocId,
      clientStatus: 'running',
      clientDescription: text,
      taskStates: {},
      at: 0 as Millis,
    };
    this.reporter.report(update, urgent);
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5) {
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(5);
    }
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('RP2, RP3: the newest of each, soon when it matters, with company when not', async () => {
  const world = new World();
  world.report('a', 'pending', false);
  await world.pass(500);
  assert.deepEqual(world.batches, []);
  world.report('b', 'pending', false);
  world.report('a', 'running', true);
  await world.pass(50);
  assert.deepEqual(world.batches, ['510: a=running b=pending']);
  world.report('a', 'still', true);
  world.report('a', 'stopped', true);
  await world.pass(400);
  assert.equal(world.batches[1], '610: a=stopped');
  world.report('a', 'detail', false);
  await world.pass(2_000);
  assert.equal(world.batches.length, 3);
  world.stop.abort();
  await world.running;
});

test('RP4: while more keeps coming, batches are far apart; the last goes soon', async () => {
  const world = new World();
  for (let i = 0; i < 100; i++) {
    world.report(String(i), '', true);
    await world.pass(5);
  }
  await world.pass(100);
  const times = world.batches.map((batch) => Number(batch.split(':')[0]));
  assert.deepEqual(times, [10, 210, 410, 560]);
  world.stop.abort();
  await world.running;
});

test('more than one call can take goes in several, none of it late', async () => {
  const world = new World();
  for (let i = 0; i < 450; i++) world.report(String(i), '', true);
  await world.pass(400);
  const sizes = world.batches.map((batch) => batch.split('=').length - 1);
  assert.deepEqual(sizes, [200, 200, 50]);
  world.stop.abort();
  await world.running;
});

test('RP1: kept until it was acknowledged, an outage told once', async () => {
  const world = new World();
  world.away = true;
  world.report('a', 'running', true);
  await world.pass(10_000);
  world.report('a', 'stopped', true);
  await world.pass(10_000);
  assert.equal(world.lines.length, 1);
  assert.ok(world.reporter.isWaiting('a' as AllocId));
  world.away = false;
  await world.pass(10_000);
  assert.equal(world.batches.length, 1);
  assert.ok(world.batches[0]?.endsWith('a=stopped'));
  assert.ok(!world.reporter.isWaiting('a' as AllocId));
  world.stop.abort();
  await world.running;
});
