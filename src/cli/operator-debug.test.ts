/** What the bundle of `operator debug` holds, and what it says is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as agent from '../api/nomad/agent-routes.ts';
import * as client from '../api/nomad/client-routes.ts';
import * as job from '../api/nomad/job-routes.ts';
import * as node from '../api/nomad/node-routes.ts';
import { Failure } from '../base/failure.ts';
import { readTar } from '../core/archive/tar.ts';
import { COMMANDS } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import * as sample from './samples.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';
import { testWorld } from './test-world.fixture.ts';

test('what answers is in the file, what does not is named', async () => {
  const script = new ScriptedAgent()
    .on(node.listNodes, [sample.sampleNodeStub()])
    .on(node.readNode, sample.sampleNode())
    .on(client.hostStats, () => {
      throw new Failure('unavailable', 'No path to node');
    })
    .on(job.listJobs, [sample.sampleJobStub()])
    .on(agent.readMetrics, { gauges: [] } as never)
    .on(agent.agentMonitor, [{ bytes: new TextEncoder().encode('a line\n') }] as never);
  let written: { path: string; bytes: Uint8Array } | undefined;
  const plain = testWorld(world(script));
  const files = {
    ...plain.files,
    writeBytes: (path: string, bytes: Uint8Array) => {
      written = { path, bytes };
      return Promise.resolve();
    },
  };
  const given = testWorld({ ...world(script), files });
  const words = ['operator', 'debug', '-duration', '0s', '-output', 'x.tar.gz'];
  assert.equal(await runProgram(COMMANDS, words, given), 0, given.complained());
  assert.equal(written?.path, 'x.tar.gz');
  const entries = readTar(gunzipSync(written.bytes));
  assert.ok(!('problem' in entries));
  const text = new Map(
    entries.map(({ name, bytes }) => [
      name.slice(name.indexOf('/') + 1),
      new TextDecoder().decode(bytes),
    ]),
  );
  assert.match(text.get('state/jobs.json') ?? '', /"ID": "http-echo"/);
  assert.match(text.get(`nodes/${sample.NODE_ID}/node.json`) ?? '', /"Name": "vm"/);
  assert.match(text.get('metrics/001.json') ?? '', /"Gauges":\[\]/);
  assert.equal(text.get('monitor.log'), 'a line\n');
  const index = JSON.parse(text.get('index.json') ?? '') as { Missing: { File: string }[] };
  const missing = index.Missing.map(({ File }) => File);
  assert.ok(missing.includes(`nodes/${sample.NODE_ID}/stats.json`));
  assert.ok(missing.includes('agent/self.json'));
  assert.ok(!missing.includes('state/jobs.json'));
});

test('durations that mean nothing are refused', async () => {
  for (const words of [
    ['-duration', 'long'],
    ['-interval', '0s'],
  ]) {
    const given = testWorld(world(new ScriptedAgent().on(node.listNodes, [])));
    assert.equal(await runProgram(COMMANDS, ['operator', 'debug', ...words], given), 1);
    assert.match(given.complained(), /-(duration|interval)/);
  }
});
