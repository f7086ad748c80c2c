import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import type { JobId } from '../model/ids.ts';
import { DEFAULT_NAMESPACE } from '../model/ids.ts';
import type { JobSpec, Periodic } from '../model/job.ts';
import { World, evalId, jobSpec, uuid } from '../../../test/state-world.ts';
import { nextLaunch, periodicController } from './periodic.ts';

const MINUTE = 60_000;
/** The beginning of an hour. */
const START = Date.UTC(2026, 0, 5, 10) as Millis;
let drawn = 0;
const newId = (): string => uuid('new', (drawn += 1));

function tick(more: Partial<Periodic> = {}): JobSpec {
  const periodic: Periodic = {
    enabled: true,
    specs: ['*/15 * * * *'],
    specType: 'cron',
    prohibitOverlap: false,
    timeZone: 'UTC',
    ...more,
  };
  return jobSpec('tick', { type: 'batch', periodic });
}

function cluster(more: Partial<Periodic> = {}): World {
  const world = new World();
  world.do({ type: 'job.register', at: START, job: tick(more) });
  return world;
}

/** Lets it work at a minute; answers when it wants to be asked again. */
function work(world: World, minute: number): number | undefined {
  const now = (START + minute * MINUTE) as Millis;
  for (let i = 0; i < 5; i++) {
    const { propose, wakeAt } = periodicController.decide(world.state, now, newId);
    if (propose.length === 0) return wakeAt === undefined ? undefined : (wakeAt - START) / MINUTE;
    world.do(...propose);
  }
  throw new Error('it never comes to rest');
}

function children(world: World): readonly number[] {
  return [...world.state.jobsByParent(DEFAULT_NAMESPACE, 'tick' as JobId)].map(
    ({ id }) => (Number(id.split('-')[1]) * 1_000 - START) / MINUTE,
  );
}

test('P1: one child for each instant; of missed ones only the last is made up for', () => {
  const world = cluster();
  assert.equal(work(world, 0), 15);
  assert.deepEqual(children(world), []);
  assert.equal(work(world, 15), 30);
  assert.equal(work(world, 16), 30);
  assert.deepEqual(children(world), [15]);
  assert.equal(work(world, 100), 105);
  assert.deepEqual(children(world), [15, 90]);
});

test('P2: without overlap an instant is passed over while a child lives', () => {
  const world = cluster({ prohibitOverlap: true });
  work(world, 15);
  work(world, 30);
  assert.deepEqual(children(world), [15]);
  const [first] = world.state.evals();
  assert.ok(first !== undefined);
  world.do({ type: 'evals.upsert', at: START, evals: [{ ...first, status: 'complete' }] });
  work(world, 45);
  assert.deepEqual(children(world), [15, 45]);
});

test('stopped and disabled ones are not launched', () => {
  assert.equal(work(cluster({ enabled: false }), 100), undefined);
  const world = cluster();
  const job = { namespace: DEFAULT_NAMESPACE, jobId: 'tick' as JobId };
  world.do({ type: 'job.deregister', at: START, ...job, purge: false });
  assert.equal(work(world, 100), undefined);
  assert.deepEqual(children(world), []);
});

test('the earliest of several schedules counts, each in its time zone', () => {
  const at = (more: Partial<Periodic>): string | undefined => {
    const next = nextLaunch(tick(more), START);
    return next === undefined ? undefined : new Date(next).toISOString();
  };
  assert.equal(at({ specs: ['0 12 * * *', '30 11 * * *'] }), '2026-01-05T11:30:00.000Z');
  const berlin = { specs: ['0 12 * * *'], timeZone: 'Europe/Berlin' };
  assert.equal(at(berlin), '2026-01-05T11:00:00.000Z');
  assert.equal(at({ specs: ['@daily'] }), '2026-01-06T00:00:00.000Z');
  assert.equal(at({ specs: ['not a schedule'] }), undefined);
});

test('a child runs like its parent, and has no schedule of its own', () => {
  const world = cluster();
  work(world, 15);
  const [child] = world.state.jobsByParent(DEFAULT_NAMESPACE, 'tick' as JobId);
  assert.equal(child?.periodic, undefined);
  assert.deepEqual(child?.groups, tick().groups);
  const [evaluation] = world.state.evals();
  assert.equal(evaluation?.triggeredBy, 'periodic-job');
  assert.notEqual(evaluation.id, evalId(0));
});

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tokyo', 'UTC'];
const DAY = 86_400_000;

/** Date and time of day as clocks in the zone show them. */
function localOf(at: number, timeZone: string): readonly [day: number, minutes: number] {
  const format = new Intl.DateTimeFormat('sv', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const [date = '', time = ''] = format.format(at).split(' ');
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return [Date.parse(date) / DAY, hours * 60 + minutes];
}

test('P3: a daily schedule has one instant on each day, at its time or at the end of a gap that holds it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 364 }),
      (timeZone, hour, minute, day) => {
        const job = tick({ specs: [`${minute} ${hour} * * *`], timeZone });
        let at = (Date.UTC(2026, 0, 1) + day * DAY) as Millis;
        let before: number | undefined;
        for (let i = 0; i < 5; i++) {
          const next = nextLaunch(job, at);
          assert.ok(next !== undefined && next > at);
          const [date, minutes] = localOf(next, timeZone);
          if (before !== undefined) assert.equal(date, before + 1);
          const wanted = hour * 60 + minute;
          // Later than wanted only where the minute before was still earlier: clocks went forward.
          const [, justBefore] = localOf(next - MINUTE, timeZone);
          assert.ok(minutes === wanted || (justBefore < wanted && wanted < minutes));
          before = date;
          at = next;
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('P3: on days on which clocks change', () => {
  const at = (spec: string, timeZone: string, from: string): string =>
    new Date(
      nextLaunch(tick({ specs: [spec], timeZone }), Date.parse(from) as Millis) ?? 0,
    ).toISOString();
  const rows = [
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25T00:30:00.000Z'],
    // The same time of day comes again an hour later: it is not launched again.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30Z', '2026-10-26T01:30:00.000Z'],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', '2026-10-03T15:30:00.000Z'],
  ] as const;
  for (const [spec, zone, from, expected] of rows) assert.equal(at(spec, zone, from), expected);
});
