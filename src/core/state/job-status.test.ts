import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../model/job.ts';
import { World, jobSpec, register } from '../../../test/state-world.ts';
import { jobStatusOf } from './job-status.ts';
import { specOf } from './job-spec.ts';

const world = new World();
world.do(register(jobSpec('web'), 1));
const base = [...world.state.jobs()][0] as Job;
const periodic = {
  enabled: true,
  specs: ['@hourly'],
  specType: 'cron',
  prohibitOverlap: false,
  timeZone: 'UTC',
};

test('the status of a job', () => {
  const rows: readonly (readonly [Partial<Job>, number, number, boolean, string])[] = [
    [{}, 1, 0, true, 'running'],
    [{}, 1, 1, true, 'running'],
    [{}, 0, 1, true, 'pending'],
    [{}, 0, 0, true, 'dead'],
    [{ status: 'pending' }, 0, 0, false, 'pending'],
    [{ status: 'dead' }, 0, 0, false, 'dead'],
    [{ status: 'running' }, 0, 0, false, 'dead'],
    [{ stop: true }, 0, 0, false, 'dead'],
    [{ stop: true }, 2, 0, true, 'running'],
    [{ type: 'system' }, 0, 0, true, 'running'],
    [{ type: 'system', stop: true }, 3, 0, true, 'dead'],
    [{ type: 'batch', periodic }, 0, 0, false, 'running'],
    [{ type: 'batch', periodic, stop: true }, 0, 0, false, 'dead'],
  ];
  for (const [more, live, open, known, expected] of rows) {
    assert.equal(jobStatusOf({ ...base, ...more }, { live, open }, known), expected);
  }
});

test('specOf leaves what the author decided', () => {
  assert.deepEqual(specOf(base), jobSpec('web'));
});
