import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerWorld } from '../../../test/scheduler-world.ts';
import { group, jobSpec, nodeId, registerNode } from '../../../test/state-world.ts';
import type { Job } from '../model/job.ts';
import type { Constraint } from '../model/placement.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../model/scheduler-config.ts';
import { watchDistinct, type Reconsider } from './distinct.ts';
import type { Ledger } from './ledger.ts';
import { Proposed } from './proposed.ts';
import type { Ranking } from './rank/ranking.ts';
import { termsOf } from './rankings.ts';

interface Stand {
  readonly ledger: Ledger;
  readonly ranking: Ranking;
  readonly proposed: Proposed;
  readonly reconsider: Reconsider | undefined;
}

/** Three nodes in two racks, and one without a rack. */
function stand(constraint: Constraint, scope: 'job' | 'group'): Stand {
  const world = new SchedulerWorld();
  for (const [n, rack] of ['a', 'a', 'b', undefined].entries()) {
    const meta = rack === undefined ? {} : { rack };
    world.do(registerNode(n, { meta, computedClass: `rack-${rack ?? 'none'}` }));
  }
  const asked = group(scope === 'group' ? { constraints: [constraint] } : {});
  const job = jobSpec('web', {
    groups: [asked],
    ...(scope === 'job' ? { constraints: [constraint] } : {}),
  }) as Job;
  const { requirement, ranking } = termsOf(world.ledger, job, asked, DEFAULT_SCHEDULER_CONFIG);
  ranking.enter(1, 0);
  const proposed = new Proposed();
  const { ledger } = world;
  const reconsider = watchDistinct(requirement.distinct, {
    ledger,
    ranking,
    proposed,
    group: 'web',
  });
  return { ledger, ranking, proposed, reconsider };
}

function put(on: Stand, n: number, by: 1 | -1, inGroup = 'web'): void {
  const slot = on.ledger.slotOf(nodeId(n));
  assert.ok(slot !== undefined);
  on.proposed.add(slot, inGroup, by);
  on.reconsider?.(slot);
}

function reasons({ ranking }: Stand): readonly string[] {
  return Array.from({ length: ranking.length }, (_, leaf) => ranking.verdictAt(leaf).reason);
}

const hosts: Constraint = { lTarget: '', operand: 'distinct_hosts', rTarget: '' };
const property = (rTarget: string): Constraint => ({
  lTarget: '${meta.rack}',
  operand: 'distinct_property',
  rTarget,
});

test('a host is used once, and free again when left', () => {
  const on = stand(hosts, 'group');
  assert.deepEqual(reasons(on), ['', '', '', '']);
  put(on, 1, 1);
  assert.deepEqual(reasons(on), ['', 'distinct_hosts', '', '']);
  put(on, 1, -1);
  assert.deepEqual(reasons(on), ['', '', '', '']);
});

test('of the group it counts the group, of the job every group', () => {
  const ofGroup = stand(hosts, 'group');
  put(ofGroup, 0, 1, 'other');
  assert.equal(reasons(ofGroup)[0], '');
  const ofJob = stand(hosts, 'job');
  put(ofJob, 0, 1, 'other');
  assert.equal(reasons(ofJob)[0], 'distinct_hosts');
});

test('a switched off rule is none', () => {
  assert.equal(stand({ ...hosts, rTarget: 'false' }, 'job').reconsider, undefined);
});

test('a value is used so often, on whichever node', () => {
  const missing = 'missing property "${meta.rack}"';
  const on = stand(property(''), 'job');
  assert.deepEqual(reasons(on), ['', '', '', missing]);
  put(on, 0, 1);
  const used = 'distinct_property: ${meta.rack}=a used by 1 allocs';
  assert.deepEqual(reasons(on), [used, used, '', missing]);
  put(on, 0, -1);
  assert.deepEqual(reasons(on), ['', '', '', missing]);
  const twice = stand(property('2'), 'job');
  put(twice, 0, 1);
  assert.equal(reasons(twice)[1], '');
  put(twice, 1, 1);
  assert.match(reasons(twice)[0] ?? '', /used by 2/);
});
