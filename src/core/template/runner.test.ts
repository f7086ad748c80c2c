import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import type { Dependency, KeyPair } from './dependency.ts';
import { isTemplateProblem } from './problem.ts';
import { parseWithFunctions } from './render.ts';
import { HOST } from './rendering.fixture.ts';
import {
  initialRunner,
  missingOf,
  stepRunner,
  type RunnerEffect,
  type RunnerInput,
  type RunnerPolicy,
  type RunnerTemplate,
} from './runner.ts';

function template(text: string, more: Partial<RunnerTemplate> = {}): RunnerTemplate {
  const parsed = parseWithFunctions({ name: 'in', text });
  assert.ok(!isTemplateProblem(parsed));
  return { name: 'in', template: parsed, errorOnMissingKey: false, ...more };
}

/** A machine that is told things and whose effects are kept as short words. */
function machine(templates: readonly RunnerTemplate[], more: Partial<RunnerPolicy> = {}) {
  const policy = { templates, host: HOST, once: false, hasChild: false, ...more };
  let state = initialRunner(policy);
  let wakeAt: number | undefined;
  const tell = (input: RunnerInput, now = 0): string[] => {
    const turn = stepRunner(state, input, policy, now as Millis);
    ({ state } = turn);
    ({ wakeAt } = turn);
    return turn.effects.map(word);
  };
  return {
    tell,
    wakeAt: () => wakeAt,
    missing: () => missingOf(state),
    key: (key: string, value: string | undefined, now = 0) =>
      tell({ type: 'answered', dependency: { kind: 'kv.get', key }, value: pair(key, value) }, now),
    written: (changed = true, of = 0, now = 0) =>
      tell({ type: 'written', template: of, changed }, now),
  };
}

function pair(path: string, value: string | undefined): KeyPair | undefined {
  if (value === undefined) return undefined;
  return { path, value, createIndex: 1, modifyIndex: 1, lockIndex: 0, flags: 0n, session: '' };
}

function word(effect: RunnerEffect): string {
  switch (effect.do) {
    case 'watch':
      return `watch ${effect.dependencies.map((one: Dependency) => ('key' in one ? one.key : one.kind)).join(',')}`;
    case 'write':
      return `write ${effect.template} ${effect.text}`;
    case 'run':
      return `run ${effect.commands.join(',')}`;
    case 'report':
      return `report ${effect.problem.replace(/^.*>: /, '')}`;
    case 'finish':
      return effect.failed ? 'fail' : 'finish';
    case 'complete':
    case 'tell-child':
      return effect.do;
  }
}

test('U1, U2: a file is written when all has answered, and its command runs when it changed', () => {
  const one = machine([template('{{ key "a" }}{{ key "b" }}', { command: 'reload' })]);
  assert.deepEqual(one.tell({ type: 'begun' }), ['watch a,b']);
  assert.deepEqual(one.key('a', '1'), []);
  assert.deepEqual(one.key('b', undefined), []);
  assert.deepEqual(one.missing(), ['kv.get(b)']);
  assert.deepEqual(one.key('b', '2'), ['write 0 12']);
  assert.deepEqual(one.written(), ['run reload']);
  assert.deepEqual(one.tell({ type: 'commands-ended' }), ['complete']);
  assert.deepEqual(one.key('b', '2'), []);
  assert.deepEqual(one.key('b', '3'), ['write 0 13']);
  assert.deepEqual(one.written(false), []);
  // What must exist and no longer does leaves the file as it is.
  assert.deepEqual(one.key('a', undefined), []);
});

test('U2: a command of several files runs once for a batch, and not while it is running', () => {
  const one = machine([
    template('{{ key "a" }}', { command: 'c' }),
    template('-{{ key "a" }}', { command: 'c' }),
  ]);
  one.tell({ type: 'begun' });
  assert.deepEqual(one.key('a', '1'), ['write 0 1', 'write 1 -1']);
  assert.deepEqual(one.written(true, 0), []);
  assert.deepEqual(one.written(true, 1), ['run c']);
  assert.deepEqual(one.key('a', '2'), ['write 0 2', 'write 1 -2']);
  assert.deepEqual([...one.written(true, 0), ...one.written(true, 1)], []);
  assert.deepEqual(one.tell({ type: 'commands-ended' }), ['run c']);
});

test('U3: what is watched is what is used', () => {
  const one = machine([
    template('{{ if keyExists "a" }}{{ key "b" }}{{ else }}{{ key "c" }}{{ end }}'),
  ]);
  assert.deepEqual(one.tell({ type: 'begun' }), ['watch a,c']);
  assert.deepEqual(one.key('a', 'x'), ['watch a,b']);
  assert.deepEqual(one.key('b', 'y'), ['write 0 y']);
  one.written();
  assert.deepEqual(one.key('a', undefined), ['watch a,c']);
});

test('U4: changes are waited out', () => {
  const wait = { minMs: 10, maxMs: 25 };
  const one = machine([template('{{ key "a" }}', { wait })]);
  one.tell({ type: 'begun' });
  assert.deepEqual(one.key('a', '0', 50), ['write 0 0']);
  one.written();
  assert.deepEqual(one.key('a', '1', 100), []);
  assert.equal(one.wakeAt(), 110);
  assert.deepEqual(one.key('a', '2', 105), []);
  assert.equal(one.wakeAt(), 115);
  assert.deepEqual(one.key('a', '3', 112), []);
  assert.deepEqual(one.key('a', '4', 121), []);
  assert.equal(one.wakeAt(), 125);
  assert.deepEqual(one.tell({ type: 'tick' }, 125), ['write 0 4']);
  one.written();
  // Back to what is written: nothing to do.
  one.key('a', '5', 200);
  assert.deepEqual(one.key('a', '4', 205), []);
  assert.equal(one.wakeAt(), undefined);
});

test('U5: a file is not written while it is being written', () => {
  const one = machine([template('{{ key "a" }}')]);
  one.tell({ type: 'begun' });
  assert.deepEqual(one.key('a', '1'), ['write 0 1']);
  assert.deepEqual(one.key('a', '2'), []);
  assert.deepEqual(one.key('a', '3'), []);
  assert.deepEqual(one.written(), ['write 0 3']);
  assert.deepEqual(one.written(), ['complete']);
});

test('once: it ends when all is told, or fails with the first trouble', () => {
  const fine = machine([template('{{ key "a" }}', { wait: { minMs: 9, maxMs: 9 } })], {
    once: true,
  });
  fine.tell({ type: 'begun' });
  assert.deepEqual(fine.key('a', '1'), ['write 0 1']);
  assert.deepEqual(fine.written(), ['complete', 'finish']);
  assert.deepEqual(fine.key('a', '2'), []);
  const bad = machine([template('{{ key "a" | parseInt }}')], { once: true });
  bad.tell({ type: 'begun' });
  const parsing = 'parseInt: strconv.ParseInt: parsing "x": invalid syntax';
  assert.deepEqual(bad.key('a', 'x'), [`report error calling parseInt: ${parsing}`, 'fail']);
});

test('trouble is told once, and tried again', () => {
  const one = machine([template('{{ key "a" | parseInt }}')]);
  one.tell({ type: 'begun' });
  assert.equal(one.key('a', 'x').length, 1);
  assert.deepEqual(one.key('a', '5'), ['write 0 5']);
  const failed = one.tell({ type: 'write-failed', template: 0, why: 'disk full' }, 1_000);
  assert.deepEqual(failed, ['report disk full']);
  assert.equal(one.wakeAt(), 6_000);
  assert.deepEqual(one.tell({ type: 'tick' }, 6_000), ['write 0 5']);
});

test('a child is started when all is there, and told of what changes', () => {
  const one = machine([template('{{ key "a" }}')], { hasChild: true });
  one.tell({ type: 'begun' });
  one.key('a', '1');
  assert.deepEqual(one.written(), ['complete']);
  one.key('a', '2');
  assert.deepEqual(one.written(), ['tell-child']);
});

test('U1: whatever comes in whatever order, the last text written is that of the last answers', () => {
  const value = fc.constantFrom(undefined, '1', '2', '3');
  const event = fc.record({ key: fc.constantFrom('a', 'b'), value, write: fc.boolean() });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const one = machine([template('{{ key "a" }}/{{ key "b" }}')]);
      const words = one.tell({ type: 'begun' });
      const now = new Map<string, string | undefined>();
      let expected = '';
      let open = 0;
      const take = (more: string[]): void => {
        open += more.filter((said) => said.startsWith('write')).length;
        words.push(...more);
      };
      for (const { key, value: given, write } of events) {
        now.set(key, given);
        const [a, b] = [now.get('a'), now.get('b')];
        if (a !== undefined && b !== undefined) expected = `write 0 ${a}/${b}`;
        take(one.key(key, given));
        if (write && open > 0) {
          open--;
          take(one.written());
        }
      }
      while (open > 0) {
        open--;
        take(one.written());
      }
      const writes = words.filter((said) => said.startsWith('write'));
      const isWhole = now.get('a') !== undefined && now.get('b') !== undefined;
      if (isWhole) assert.equal(writes.at(-1), expected);
    }),
  );
});
