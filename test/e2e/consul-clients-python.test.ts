/** Debian's client of Consul for Python, each of its methods, against a real agent. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess } from './agent-process.ts';

const PYTHON = '/usr/bin/python3';
const WALK_MS_MAX = 240_000;

const missing = existsSync('/usr/lib/python3/dist-packages/consul/base.py')
  ? false
  : 'python3-consul is not installed';

test('each method of python3-consul does what it does with Consul', { skip: missing }, async () => {
  await using agent = await AgentProcess.startServer(`
    node_name = "py-node"
    log_level = "warn"
    enable_script_checks = true`);
  const program = join(import.meta.dirname, 'consul-clients-python.py');
  const scratch = join(agent.dir, 'scratch');
  const said = await new Promise<string>((resolve, reject) => {
    const args = [program, String(agent.discoveryPort), 'py-node', scratch];
    execFile(PYTHON, args, { timeout: WALK_MS_MAX }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`${out}${err}\n${agent.output}`, { cause: error }));
    });
  });
  assert.match(said, /^ok the_rest$/m);
});
