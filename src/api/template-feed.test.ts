import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { dependencyKey, type Dependency } from '../core/template/dependency.ts';
import type { Reply } from './template-answers.ts';
import { TemplateFeed } from './template-feed.ts';

const A: Dependency = { kind: 'kv.get', key: 'a' };
const B: Dependency = { kind: 'kv.get', key: 'b' };

/** A feed whose questions are answered by hand and which sleeps no time. */
function stand() {
  const asked: { key: string; index: number; reply: (to: Reply | Error) => void }[] = [];
  const told: string[] = [];
  const slept: number[] = [];
  const feed = new TemplateFeed({
    ask: (dependency, index, signal) =>
      new Promise<Reply>((resolve, reject) => {
        const key = dependencyKey(dependency);
        const aborted = (): void => reject(new Error('aborted'));
        const reply = (to: Reply | Error): void => {
          signal.removeEventListener('abort', aborted);
          if (to instanceof Error) reject(to);
          else resolve(to);
        };
        asked.push({ key, index, reply });
        signal.addEventListener('abort', aborted, { once: true });
      }),
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
    newAbort: () => new AbortController(),
    answered: (dependency, value) =>
      told.push(`${dependencyKey(dependency)} ${typeof value === 'string' ? value : ''}`),
    failed: (dependency, _, ms) => told.push(`${dependencyKey(dependency)} failed ${ms}`),
  });
  return { feed, asked, told, slept };
}

const reply = (index: number): Reply => ({ value: 'x', index });

test('A1: each dependency has one question under way, which goes on from its index', async () => {
  const { feed, asked, told } = stand();
  feed.watch([A, A, B]);
  feed.watch([A, B]);
  assert.deepEqual(
    asked.map(({ key }) => key),
    ['kv.get(a)', 'kv.get(b)'],
  );
  asked[0]?.reply(reply(7));
  await turn();
  assert.deepEqual([asked[2]?.key, asked[2]?.index], ['kv.get(a)', 7]);
  asked[2]?.reply(reply(3));
  await turn();
  assert.equal(asked[3]?.index, 0);
  feed.watch([B]);
  await turn();
  assert.deepEqual(told, ['kv.get(a) x', 'kv.get(a) x']);
  await feed.close();
});

test('A2: what fails is asked again, later and later, from the start', async () => {
  const { feed, asked, told, slept } = stand();
  feed.watch([A]);
  for (let i = 0; i < 10; i++) {
    asked.at(-1)?.reply(new Error('down'));
    await turn();
  }
  assert.deepEqual(slept, [250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  assert.equal(told[1], 'kv.get(a) failed 500');
  asked.at(-1)?.reply(reply(5));
  await turn();
  asked.at(-1)?.reply(new Error('down'));
  await turn();
  assert.equal(slept.at(-1), 250);
  assert.equal(asked.at(-1)?.index, 0);
  await feed.close();
});

test('what cannot be waited for is asked for now and then', async () => {
  const { feed, asked, slept } = stand();
  feed.watch([{ kind: 'catalog.datacenters', reachableOnly: false }]);
  asked[0]?.reply(reply(0));
  await turn();
  assert.deepEqual(slept, [15_000]);
  await feed.close();
});
