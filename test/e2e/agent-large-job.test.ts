/** A job file that is too long to be parsed on the event loop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentProcess } from './agent-process.ts';

const GROUPS = 500;

function source(attribute: string): string {
  const group = (n: number): string => `
  group "g${n}" {
    ${attribute} = 2
    task "t" {
      driver = "raw_exec"
      config {
        command = "sleep"
        args    = ["${n}", "${'x'.repeat(20)}"]
      }
    }
  }`;
  return `job "large" {${Array.from({ length: GROUPS }, (_, n) => group(n)).join('')}\n}\n`;
}

test('a large job file is parsed as a small one is, its mistakes have their places', async () => {
  assert.ok(source('count').length > 64 * 1024);
  await using agent = await AgentProcess.make('client { enabled = false }\nlog_level = "warn"');
  agent.launch();
  await agent.until('it answers', async () => (await agent.request('GET', '/v1/jobs')).ok);
  const parse = (JobHCL: string): Promise<Response> =>
    agent.request('PUT', '/v1/jobs/parse', { JobHCL, Canonicalize: true });
  const [first, second, wrong] = await Promise.all(
    [source('count'), source('count'), source('cuont')].map(parse),
  );
  assert.equal(first?.status, 200);
  const job = (await first.json()) as { ID: string; TaskGroups: { Name: string; Count: number }[] };
  assert.deepEqual([job.ID, job.TaskGroups.length], ['large', GROUPS]);
  assert.deepEqual([job.TaskGroups[7]?.Name, job.TaskGroups[7]?.Count], ['g7', 2]);
  assert.equal(second?.status, 200);
  assert.equal(wrong?.status, 400);
  assert.match(await wrong.text(), /input\.hcl:3,5-10.*cuont/);
});
