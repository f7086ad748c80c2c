import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Source } from '../hcl/source.ts';
import { TEMPLATE_POLICY, type TemplatePolicy } from '../task-templates/template-policy.ts';
import type { ConfigProblem } from './config-problem.ts';
import { decodeAgentFile, isAgentFile } from './decode.ts';
import { Reader } from './reader.ts';
import { block } from './setting.ts';
import { TEMPLATE_SETTING, templatePolicy } from './template-settings.ts';

function read(text: string): Readonly<{ policy: TemplatePolicy; problems: ConfigProblem[] }> {
  const settings = { client: block('', { template: TEMPLATE_SETTING }) };
  const file = decodeAgentFile(new Source('a.hcl', `client {\n${text}\n}`), settings);
  assert.ok(isAgentFile(file), JSON.stringify(file));
  const problems: ConfigProblem[] = [];
  return { policy: templatePolicy(new Reader(file, '').block('client'), problems), problems };
}

test('what a client says of templates', () => {
  assert.deepEqual(read(''), { policy: TEMPLATE_POLICY, problems: [] });
  const { policy, problems } = read(`template {
    function_denylist    = ["plugin", "writeToFile", "env"]
    disable_file_sandbox = false
    max_stale            = "87600h"
    block_query_wait     = "5m"
    wait { min = "5s" }
    wait_bounds {
      min = "2s"
      max = "10s"
    }
    consul_retry {
      attempts = 0
      backoff  = "1s"
    }
    nomad_retry { max_backoff = "0s" }
    vault_retry { attempts = 3 }
  }`);
  assert.deepEqual(problems, []);
  assert.deepEqual(policy, {
    denied: ['plugin', 'writeToFile', 'env'],
    wait: { minMs: 5_000, maxMs: 240_000 },
    ...{ waitMsMin: 2_000, waitMsMax: 10_000, backoff: { first: 1_000, most: Infinity } },
  });
});

test('what cannot be is refused by name', () => {
  const told = read(
    'template {\n disable_file_sandbox = true\n nomad_retry {\n attempts = 12\n }\n}',
  );
  assert.deepEqual(
    told.problems.map(({ path }) => path),
    ['client.template.disable_file_sandbox', 'client.template.nomad_retry.attempts'],
  );
});
