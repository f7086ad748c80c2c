/**
 * An agent that is killed again and again while jobs are registered: no acknowledged registration
 * is lost, and none is there without the evaluation that came in the same entry.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentProcess, apiJob } from './agent-process.ts';

const KILLS_MIN = 5;
const KILLS_MAX = Number(process.env['KILLS'] ?? 100);
/** A hundred take some 70 s on a quiet machine: that long is for the full run. */
const MS_MAX = process.env['CI'] === 'true' ? 120_000 : 30_000;
const WRITERS = 8;

interface Acknowledged {
  readonly id: string;
  readonly jobModifyIndex: number;
}

/** Registers jobs one after another until the agent is gone. @param acknowledged added to */
async function register(
  agent: AgentProcess,
  prefix: string,
  acknowledged: Acknowledged[],
): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${prefix}-${i}`;
    try {
      const response = await agent.request(
        'PUT',
        '/v1/jobs',
        apiJob(id, 'true', { Type: 'batch' }),
      );
      const body = (await response.json()) as { JobModifyIndex: number };
      acknowledged.push({ id, jobModifyIndex: body.JobModifyIndex });
    } catch {
      return;
    }
  }
}

async function check(agent: AgentProcess, acknowledged: readonly Acknowledged[]): Promise<void> {
  const jobs = (await agent.get('/v1/jobs')) as readonly { ID: string; JobModifyIndex: number }[];
  const evals = (await agent.get('/v1/evaluations')) as readonly { JobID: string }[];
  const indexes = new Map(jobs.map((job) => [job.ID, job.JobModifyIndex]));
  const evaluated = new Set(evals.map(({ JobID }) => JobID));
  for (const { id, jobModifyIndex } of acknowledged)
    assert.equal(indexes.get(id), jobModifyIndex, id);
  for (const id of indexes.keys()) assert.ok(evaluated.has(id), `${id} came with its evaluation`);
}

test('killed amid writes, an agent keeps what it acknowledged', async (context) => {
  await using agent = await AgentProcess.make('client { enabled = false }\nlog_level = "warn"');
  const acknowledged: Acknowledged[] = [];
  const end = Date.now() + MS_MAX;
  let kills = 0;
  for (; kills < KILLS_MIN || (kills < KILLS_MAX && Date.now() < end); kills++) {
    agent.launch();
    await agent.until('it answers', async () => (await agent.request('GET', '/v1/jobs')).ok);
    // What the last life acknowledged is there before this one adds to it.
    await check(agent, acknowledged.slice(-2_000));
    const before = acknowledged.length;
    const writers = Array.from({ length: WRITERS }, (_, i) =>
      register(agent, `k${kills}-w${i}`, acknowledged),
    );
    // Some die before the first is written, most in the middle of writing.
    if (kills % 10 < 9) {
      await agent.until('some are written', () =>
        Promise.resolve(acknowledged.length > before + 1),
      );
    }
    await delay((kills * 37) % 150);
    await agent.end('SIGKILL');
    await Promise.all(writers);
  }
  agent.launch();
  await agent.until('it answers', async () => (await agent.request('GET', '/v1/jobs')).ok);
  await check(agent, acknowledged);
  context.diagnostic(`${kills} kills, ${acknowledged.length} acknowledged registrations`);
  assert.ok(acknowledged.length > kills);
});
