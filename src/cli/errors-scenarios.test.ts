/** What people see when an id means nothing, or several things, or nobody answers. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as alloc from '../api/nomad/alloc-routes.ts';
import * as deployment from '../api/nomad/deployment-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import * as node from '../api/nomad/node-routes.ts';
import type { Command } from './command.ts';
import { completionCommand } from './completion.ts';
import { COMMANDS, compare, GOLDEN, replay } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import * as sample from './samples.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';
import { testWorld } from './test-world.fixture.ts';

const NOTHING = (): ScriptedAgent =>
  new ScriptedAgent()
    .on(job.listJobs, [])
    .on(alloc.listAllocs, [])
    .on(alloc.listEvals, [])
    .on(deployment.listDeployments, [])
    .on(node.listNodes, []);

const IDS = ['3f66aa12', '3f66bb34'] as const;

const SEVERAL = (): ScriptedAgent =>
  new ScriptedAgent()
    .on(
      job.listJobs,
      ['web', 'web-api'].map((id) => sample.sampleJobStub({ ID: `${id}-1`, Name: id })),
    )
    .on(
      alloc.listAllocs,
      IDS.map((id) => sample.sampleStub(id)),
    )
    .on(
      alloc.listEvals,
      IDS.map((id) => sample.sampleEval({ ID: sample.longId(id) })),
    )
    .on(
      deployment.listDeployments,
      IDS.map((id) => sample.sampleDeployment({ ID: sample.longId(id) })),
    )
    .on(
      node.listNodes,
      IDS.map((id) => sample.sampleNodeStub({ ID: sample.longId(id) })),
    );

test('an id that nothing has, or several have, or that is too short', () =>
  replay('errors', (line) => {
    if (line.includes('# nobody answers')) return {};
    return world(line.includes('# several') ? SEVERAL() : NOTHING());
  }));

test('what a shell is given to complete from', async () => {
  const two = COMMANDS.filter(({ name }) => name === 'version' || name === 'job tag unset');
  const commands: Command[] = [...two, completionCommand(() => commands)];
  const pieces: string[] = [];
  for (const shell of ['bash', 'zsh', 'fish']) {
    const given = testWorld();
    assert.equal(await runProgram(commands, ['completion', shell], given), 0);
    pieces.push(`> muster completion ${shell} # three commands\n${given.printed()}[exit 0]\n`);
  }
  compare(join(GOLDEN, 'completion.txt'), pieces.join('\n'));
});

/** Commands without a golden of what they print, each with the test that has their output. */
const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  agent: 'test/e2e/agent-life.test.ts',
  keeper: 'test/e2e/keeper-life.test.ts',
  'lock-guard': 'test/e2e/lock.test.ts',
  balancer: 'test/e2e/balancer.test.ts',
  template: 'src/cli/template-job.test.ts',
  'operator engine migrate': 'test/e2e/etcd-migrate.test.ts',
  'kv follow': 'src/cli/discovery-scenarios.test.ts',
};

test('each command has a golden of what it prints', () => {
  const names = COMMANDS.flatMap(({ name, aliases = [] }) =>
    [name, ...aliases].map((typed) => ({ typed, name })),
  ).sort((a, b) => b.typed.length - a.typed.length);
  const shown = new Set<string>();
  for (const file of readdirSync(GOLDEN).filter((one) => one.endsWith('.txt'))) {
    for (const line of readFileSync(join(GOLDEN, file), 'utf8').split('\n')) {
      const words = line.startsWith('> muster ') ? `${line.slice('> muster '.length)} ` : '';
      const found = names.find(({ typed }) => words.startsWith(`${typed} `));
      if (found !== undefined) shown.add(found.name);
    }
  }
  const missing = COMMANDS.map(({ name }) => name).filter((name) => !shown.has(name));
  assert.deepEqual(missing.toSorted(), Object.keys(SHOWN_ELSEWHERE).toSorted());
  for (const path of Object.values(SHOWN_ELSEWHERE)) {
    assert.ok(readFileSync(join(GOLDEN, '../../..', path), 'utf8') !== '');
  }
});
