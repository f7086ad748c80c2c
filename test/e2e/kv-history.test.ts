/**
 * An agent that is killed again and again while callers write, compare, read and lock: what they
 * saw is explained by one copy of the data, and no lock has two holders.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Callers } from '../history/callers.ts';
import { contested } from '../history/holders.ts';
import { KV_MODEL } from '../history/kv-model.ts';
import { isLinearizable } from '../history/linearizable.ts';
import { AgentProcess } from './agent-process.ts';

const KILLS = Number(process.env['KILLS'] ?? 4);
const CALLERS = 4;
const HOLDERS = 2;
/** Operations between two kills. */
const PROGRESS = 30;

test('killed amid writes, an agent forgets nothing and gives no lock twice', async (context) => {
  await using agent = await AgentProcess.make('client { enabled = false }\nlog_level = "warn"');
  const callers = new Callers(
    () => `http://127.0.0.1:${agent.discoveryPort}`,
    (nth, caller) => `h/${(nth + caller) % 3}`,
  );
  const isUp = async (): Promise<boolean> => {
    const nodes = await fetch(`http://127.0.0.1:${agent.discoveryPort}/v1/catalog/nodes`);
    return ((await nodes.json()) as unknown[]).length > 0;
  };
  agent.launch();
  await agent.until('the node is in the catalog', isUp);
  const running = [
    ...Array.from({ length: CALLERS }, (_, n) => callers.call(n)),
    ...Array.from({ length: HOLDERS }, (_, n) => callers.hold(n)),
  ];
  for (let kills = 0; kills < KILLS; kills++) {
    const before = callers.progress();
    await agent.until('the callers got somewhere', () =>
      Promise.resolve(callers.progress() >= before + PROGRESS),
    );
    await delay((kills * 37) % 50);
    await agent.end('SIGKILL');
    agent.launch();
    await agent.until('it answers', isUp);
  }
  await agent.until('the lock was held', () => Promise.resolve(callers.holdings.length > 1));
  callers.stop();
  await Promise.all(running);
  const counts = [...callers.observed.values()].map((each) => each.length);
  context.diagnostic(`${counts.join('+')} operations, ${callers.holdings.length} holdings`);
  for (const [key, observed] of callers.observed) {
    assert.ok(isLinearizable(observed, KV_MODEL), `no order explains ${key}`);
  }
  assert.deepEqual(contested(callers.holdings), []);
  assert.ok(counts.length === 3 && callers.holdings.length > 0);
});
