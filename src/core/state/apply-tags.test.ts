import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0, World, jobSpec, register } from '../../../test/state-world.ts';
import { JOB_TAGS_MAX, JOB_VERSIONS_MAX } from '../limits.ts';
import { DEFAULT_NAMESPACE, type JobId } from '../model/ids.ts';
import type { Entry } from './entry.ts';
import { lint } from './lint.ts';

const WEB = 'web' as JobId;

function tag(name: string, version?: number, description = ''): Entry {
  return {
    ...{ type: 'job.tag', at: T0, namespace: DEFAULT_NAMESPACE, jobId: WEB, name, description },
    ...(version !== undefined && { version }),
  };
}

function worldWith(versions: number): World {
  const world = new World();
  for (let n = 0; n < versions; n++) {
    world.do(register(jobSpec('web', { priority: 1 + (n % 99), meta: { n: `${n}` } }), n));
  }
  return world;
}

test('N1: a name stands for one version', () => {
  const rows: readonly (readonly [string, readonly Entry[], RegExp | undefined])[] = [
    ['a version is named', [tag('good', 0)], undefined],
    ['the same again', [tag('good', 0), tag('good', 0)], undefined],
    ['another name for it', [tag('good', 0), tag('better', 0)], undefined],
    ['the name of another', [tag('good', 0), tag('good', 1)], /already exists on a different/],
    ['after it was taken away', [tag('good', 0), tag('good'), tag('good', 1)], undefined],
    ['a version that is not kept', [tag('good', 9)], /has no version 9/],
    ['a name that is not there', [tag('good')], /not found/],
  ];
  for (const [why, entries, expected] of rows) {
    const world = worldWith(2);
    const outcome = entries.map((entry) => world.do(entry).outcome).at(-1);
    if (expected === undefined) assert.equal(outcome?.ok, true, why);
    else assert.match(outcome?.ok === false ? outcome.message : '', expected, why);
    assert.deepEqual(lint(world.state), []);
  }
});

test('a version with a name is kept, and its name is not its successors', () => {
  const world = worldWith(1);
  world.do(tag('first', 0, 'it worked'));
  assert.deepEqual(world.state.job(DEFAULT_NAMESPACE, WEB)?.tag?.name, 'first');
  for (let n = 1; n < JOB_VERSIONS_MAX + 3; n++) {
    world.do(register(jobSpec('web', { meta: { n: `${n}` } }), n));
  }
  const versions = [...world.state.jobVersions(DEFAULT_NAMESPACE, WEB)];
  const named = versions.filter((version) => version.tag !== undefined);
  assert.deepEqual(
    named.map(({ version, tag: of }) => [version, of?.description]),
    [[0, 'it worked']],
  );
  assert.equal(world.state.job(DEFAULT_NAMESPACE, WEB)?.tag, undefined);
  world.do({
    type: 'job.deregister',
    at: T0,
    namespace: DEFAULT_NAMESPACE,
    jobId: WEB,
    purge: false,
  });
  assert.equal(world.state.job(DEFAULT_NAMESPACE, WEB)?.tag, undefined);
  assert.deepEqual(lint(world.state), []);
});

test('names of one job are bounded', () => {
  const world = new World();
  for (let n = 0; n <= JOB_TAGS_MAX; n++) {
    world.do(register(jobSpec('web', { meta: { n: `${n}` } }), n));
    const { outcome } = world.do(tag(`t${n}`, n));
    assert.equal(outcome.ok, n < JOB_TAGS_MAX);
  }
});
