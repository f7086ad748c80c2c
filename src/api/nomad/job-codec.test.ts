import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../base/json.ts';
import type { Draft } from '../../core/model/draft.ts';
import type { JobDraft } from '../../core/model/job.ts';
import { isIssues, renderIssues } from '../codec/issue.ts';
import { decodeFullJob, decodeJob, encodeJob, encodeJobDraft } from './job-codec.ts';

const PAIRS = '../shared/conformance/jobspecs';

function decoded(json: unknown): JobDraft {
  const draft = decodeJob(json);
  assert.ok(!isIssues(draft), isIssues(draft) ? renderIssues(draft) : '');
  return draft;
}

function mistakes(json: unknown): string {
  const draft = decodeJob(json);
  return isIssues(draft) ? renderIssues(draft) : '';
}

test(
  'each conformance job survives decoding and encoding to the letter',
  { skip: existsSync(PAIRS) ? false : 'the conformance data is not here' },
  () => {
    const files = readdirSync(PAIRS).filter((name) => name.endsWith('.json'));
    assert.ok(files.length > 40);
    for (const file of files) {
      const wire = JSON.parse(readFileSync(`${PAIRS}/${file}`, 'utf8')) as { Job: Json };
      const draft = decoded(wire.Job);
      assert.deepEqual(JSON.parse(JSON.stringify(encodeJobDraft(draft))), wire.Job, file);
      assert.deepEqual(decoded(encodeJobDraft(draft)), draft, file);
    }
  },
);

test('a finished job gets a zero value for everything that is always there', () => {
  const job = decodeFullJob({ ID: 'a', TaskGroups: [{ Name: 'g', Tasks: [{ Name: 't' }] }] });
  assert.ok(!isIssues(job));
  assert.equal(job.id, 'a');
  assert.deepEqual(job.meta, {});
  assert.equal(job.groups[0]?.tasks[0]?.resources.memoryMb, 0);
  assert.equal(job.groups[0].update, undefined);
  assert.equal('parentId' in job, false);
  const again = decodeFullJob(encodeJob(job));
  assert.deepEqual(again, job);
});

test('names are matched in any case, and unknown ones are ignored', () => {
  const draft = decoded({ id: 'a', taskgroups: [{ name: 'g', COUNT: 3, Zzz: {} }], Nope: 1 });
  assert.deepEqual(draft, { id: 'a', groups: [{ name: 'g', count: 3 }] });
});

test('durations are read from nanoseconds and from text', () => {
  const group = (KillTimeout: Json): Json => ({ TaskGroups: [{ Tasks: [{ KillTimeout }] }] });
  for (const [wire, ms] of [
    [1_500_000_000, 1500],
    ['1.5s', 1500],
    ['1h2m', 3_720_000],
    [500, 0.0005],
  ] as const) {
    assert.equal(decoded(group(wire)).groups?.[0]?.tasks?.[0]?.killTimeoutMs, ms);
  }
});

test('mistakes name their place', () => {
  for (const [json, expected] of [
    ['x', 'Job: expected an object, got "x"'],
    [[], 'Job: expected an object, got a list'],
    [{ Priority: 'x' }, 'Job.Priority: expected a number, got "x"'],
    [{ Priority: 1.5 }, 'Job.Priority: expected a whole number, got 1.5'],
    [{ Priority: 1e300 }, 'Job.Priority: expected a whole number, got 1e+300'],
    [{ TaskGroups: [{ Count: 'x' }] }, 'Job.TaskGroups[0].Count: expected a number, got "x"'],
    [{ TaskGroups: {} }, 'Job.TaskGroups: expected a list, got an object'],
    [{ Meta: { a: 1 } }, 'Job.Meta["a"]: expected a string, got 1'],
    [{ AllAtOnce: 'yes' }, 'Job.AllAtOnce: expected true or false, got "yes"'],
    [
      { Update: { Stagger: 'soon' } },
      'Job.Update.Stagger: expected a duration in nanoseconds or like "30s", got "soon"',
    ],
  ] as const) {
    assert.equal(mistakes(json), expected);
  }
});

test('mistakes are bounded in number and in length', () => {
  const tasks = Array.from({ length: 5000 }, () => ({ Name: 7, Driver: 'x'.repeat(10_000) }));
  assert.equal(mistakes({ TaskGroups: [{ Tasks: tasks }] }).split('\n').length, 20);
  assert.ok(mistakes({ Priority: 'x'.repeat(1e6) }).length < 200);
});

test('free-form configuration that is too deep is refused, and odd keys are plain keys', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as Json;
  const job = { TaskGroups: [{ Tasks: [{ Config: deep }] }] };
  assert.match(mistakes(job), /Config: is nested more than 100 levels deep/);
  const odd = decoded(JSON.parse('{"ID":"a","Meta":{"__proto__":"x"}}'));
  assert.deepEqual(Object.keys(odd.meta ?? {}), ['__proto__']);
});

test('no JSON makes the decoder throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      decodeJob(a);
      decodeJob({ ID: a, TaskGroups: [a, { Tasks: [{ Config: b, Services: b }], Update: a }] });
      decodeFullJob({ Periodic: a, Meta: b, TaskGroups: [{ Volumes: a, Consul: b }] });
    }),
  );
});

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const duration = fc.nat({ max: 1e6 });
const draft: fc.Arbitrary<Draft<JobDraft>> = fc.record(
  {
    id: word,
    priority: fc.integer({ min: 1, max: 100 }),
    datacenters: fc.array(word),
    meta: fc.dictionary(word, word),
    periodic: fc.record(
      { specs: fc.array(word, { minLength: 1, maxLength: 3 }), enabled: fc.boolean() },
      { requiredKeys: ['specs'] },
    ),
    groups: fc.array(
      fc.record(
        {
          name: word,
          count: fc.nat(10),
          consulNamespace: word,
          shutdownDelayMs: duration,
          restart: fc.record({ attempts: fc.nat(5), delayMs: duration }, { requiredKeys: [] }),
          tasks: fc.array(
            fc.record(
              {
                name: word,
                env: fc.dictionary(word, word),
                killTimeoutMs: duration,
                config: fc.constant({ a: [1, { b: null }] }),
              },
              { requiredKeys: ['name'] },
            ),
          ),
        },
        { requiredKeys: ['name'] },
      ),
    ),
  },
  { requiredKeys: ['id'] },
) as unknown as fc.Arbitrary<Draft<JobDraft>>;

test('what is encoded is decoded to an equal value', () => {
  fc.assert(
    fc.property(draft, (job) => {
      const wire = JSON.parse(JSON.stringify(encodeJobDraft(job as JobDraft))) as Json;
      assert.deepEqual(decodeJob(wire), JSON.parse(JSON.stringify(job)));
    }),
  );
});
