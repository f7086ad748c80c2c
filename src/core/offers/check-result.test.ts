import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { assignmentOf, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import { offerPlace } from '../../client/offer-place.ts';
import { canonicalizeService } from '../jobspec/canonicalize-service.ts';
import type { AllocId, NodeId } from '../model/ids.ts';
import type { NodeFacts } from '../model/node.ts';
import { newAlloc } from '../runner/alloc.ts';
import { checkResults, type CheckNote } from './check-result.ts';
import { allChecks, offersOf } from './offers.ts';

const ID = '219074bd-86b0-014f-9b30-f764281df05c' as AllocId;
const NODE = { id: 'n', name: 'vm', attributes: {}, meta: {} } as unknown as NodeFacts;
const RUNNING = { driver: 'sim', version: 1, startedAt: 0 as Millis, state: {} };

const owner = { job: 'shop', group: 'web' };
const timing = { portLabel: '80', intervalMs: 1_000, timeoutMs: 500 };
const ofGroup = canonicalizeService(
  { name: 'front', checks: [{ type: 'http', name: 'alive', ...timing }] },
  owner,
);
const ofTask = canonicalizeService(
  { name: 'back', checks: [{ type: 'tcp', name: 'ready', onUpdate: 'ignore', ...timing }] },
  { ...owner, task: 'server' },
);

test('checks are told with what they are, and what was noted of them last', () => {
  const group = groupOf([taskOf('server', { services: [ofTask] })], { services: [ofGroup] });
  const job = jobOf(group);
  const { alloc } = assignmentOf(ID, 'n' as NodeId, job);
  const place = offerPlace({ alloc, job, group }, { node: NODE, hostEnv: {} });
  const fresh = newAlloc(['server'], { now: 0 as Millis, steady: 0 as Millis });
  const { server } = fresh.tasks;
  assert.ok(server);
  const tasks = { server: { ...server, life: { phase: 'running', handle: RUNNING } as const } };
  const offers = offersOf(place, { ...fresh, life: { stage: 'running' }, tasks });
  const [first, second] = allChecks(place).map(({ id }) => id);
  assert.ok(first !== undefined && second !== undefined);
  const told = (notes: readonly (readonly [string, CheckNote])[]): unknown =>
    checkResults(place, offers, { name: 'shop.web[0]', notes: new Map(notes) });
  const front = {
    ...{ id: first, name: 'alive', group: 'shop.web[0]', task: '', service: 'front' },
    ...{ mode: 'healthiness', status: 'pending', output: '', statusCode: 0 },
  };
  const back = {
    ...{ id: second, name: 'ready', group: 'shop.web[0]', task: 'server', service: 'back' },
    ...{ mode: 'readiness', status: 'pending', output: '', statusCode: 0 },
  };
  assert.deepEqual(told([]), [front, back]);
  const at = 7 as Millis;
  const unknown: CheckNote = { status: 'critical', output: '', known: false, at };
  assert.deepEqual(told([[first, unknown]]), [front, back], 'it has not run');
  const output = 'HTTP GET http://10.0.0.7:80/: 503 Service Unavailable Output: busy';
  const failed: CheckNote = { status: 'critical', output, known: true, at };
  const passed: CheckNote = { status: 'passing', output: 'TCP connect', known: true, at };
  assert.deepEqual(
    told([
      [first, failed],
      [second, passed],
    ]),
    [
      { ...front, status: 'failure', output, statusCode: 503, at },
      { ...back, status: 'success', output: 'TCP connect', at },
    ],
  );
  const warned: CheckNote = { ...failed, status: 'warning', output: 'HTTP GET x: 429 Too Many ' };
  assert.deepEqual(told([[first, warned]]), [
    { ...front, status: 'failure', output: warned.output, statusCode: 429, at },
    back,
  ]);
});
