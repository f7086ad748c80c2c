import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../base/random.ts';
import type { CheckState } from '../core/checks/check.ts';
import { CHECKS_RUNNING_MAX, SCRIPT_CHECKS_RUNNING_MAX } from '../core/limits.ts';
import type { CheckDefinition, Probe } from '../core/model/health-check.ts';
import type { ProbeResult } from '../ports/check-probes.ts';
import { SimClock } from '../sim/clock.ts';
import { CheckLoop } from './check-loop.ts';

const TLS = { serverName: '', skipVerify: false };
const TCP: Probe = { kind: 'tcp', address: 'a:1', useTls: false, tls: TLS };
const SCRIPT: Probe = { kind: 'script', args: ['x'] };

function definition(id: string, probe: Probe): CheckDefinition {
  const isRun = probe.kind !== 'ttl';
  return {
    id,
    name: id,
    notes: '',
    serviceId: '',
    initialStatus: 'critical',
    probe,
    intervalMs: isRun ? 10_000 : 0,
    timeoutMs: 1_000,
    successBeforePassing: 0,
    failuresBeforeWarning: 0,
    failuresBeforeCritical: 0,
    deregisterCriticalServiceAfterMs: 0,
    outputMaxBytes: 100,
  };
}

/** A loop whose probes end when they are told to. */
class World {
  readonly clock = new SimClock();
  readonly states: (readonly [string, CheckState])[] = [];
  readonly underway: { readonly kind: string; readonly end: (result: ProbeResult) => void }[] = [];
  readonly stop = new AbortController();
  begun = 0;
  readonly loop = new CheckLoop({
    probes: {
      run: ({ kind }) => {
        this.begun += 1;
        return new Promise((resolve) => this.underway.push({ kind, end: resolve }));
      },
    },
    clock: this.clock,
    random: seeded('loop'),
    onState: ({ id }, state) => this.states.push([id, state]),
    onReap: () => undefined,
  });
  readonly running = this.loop.run(this.stop.signal);

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i += 50) {
      this.clock.advance(50);
      await settle();
    }
  }

  async end(): Promise<void> {
    this.stop.abort();
    for (const { end } of this.underway) end({ status: 'critical', output: 'ended' });
    await this.running;
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

test('CL1: so many run at once, and no more; who waits is served', async () => {
  const world = new World();
  for (let i = 0; i < 300; i++) world.loop.add(definition(`t${i}`, TCP));
  for (let i = 0; i < 50; i++) world.loop.add(definition(`s${i}`, SCRIPT));
  await world.pass(11_000);
  const of = (kind: string): number => world.underway.filter((each) => each.kind === kind).length;
  assert.equal(of('script'), SCRIPT_CHECKS_RUNNING_MAX);
  assert.equal(of('tcp'), CHECKS_RUNNING_MAX - SCRIPT_CHECKS_RUNNING_MAX);
  while (world.underway.length > 0) {
    world.underway.shift()?.end({ status: 'passing', output: 'up' });
    await settle();
  }
  assert.equal(world.begun, 350);
  assert.equal(world.states.length, 350);
  await world.end();
});

test('first runs are spread over the interval, later ones follow an interval after the last', async () => {
  const world = new World();
  for (let i = 0; i < 100; i++) world.loop.add(definition(`t${i}`, TCP));
  await world.pass(5_000);
  assert.ok(world.begun > 30 && world.begun < 70, String(world.begun));
  await world.pass(5_050);
  assert.equal(world.begun, 100);
  for (const { end } of world.underway) end({ status: 'passing', output: 'up' });
  await settle();
  await world.pass(9_900);
  assert.equal(world.begun, 100);
  await world.pass(200);
  assert.equal(world.begun, 200);
  await world.end();
});

test('CL2: nobody hears of a check that was removed while it ran', async () => {
  const world = new World();
  world.loop.add(definition('gone', TCP));
  await world.pass(10_050);
  world.loop.remove('gone');
  world.underway[0]?.end({ status: 'passing', output: 'up' });
  await settle();
  assert.deepEqual(world.states, []);
  await world.end();
});

test('a report moves the end of its time, and a rejected probe is a result', async () => {
  const world = new World();
  world.loop.add(definition('ttl', { kind: 'ttl', ttlMs: 1_000 }));
  for (let i = 0; i < 20; i++) {
    world.loop.report('ttl', { status: 'passing', output: 'ok' });
    await world.pass(500);
  }
  assert.equal(world.loop.state('ttl')?.status, 'passing');
  await world.pass(600);
  assert.equal(world.loop.state('ttl')?.status, 'critical');
  const run = (): Promise<ProbeResult> => Promise.reject(new RangeError('odd'));
  world.loop.add(definition('own', SCRIPT), undefined, run);
  await world.pass(10_050);
  assert.deepEqual(world.states.at(-1)?.[1].output, 'odd');
  await world.end();
});
