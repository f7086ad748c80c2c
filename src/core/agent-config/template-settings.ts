/**
 * `client { template { ... } }`: how tasks' templates are rendered on this machine.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/configuration/client#template-parameters
 */
import { TEMPLATE_BACKOFF_MS } from '../limits.ts';
import type { TemplatePolicy } from '../task-templates/template-policy.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Reader } from './reader.ts';
import { block, count, duration, flag, texts, type Setting } from './setting.ts';

/** Source: Nomad's default of `wait.max`, where only the other is said. */
const WAIT_MS_MAX = 240_000;

const RETRY = {
  attempts: count('0 alone: they are asked for ever.'),
  backoff: duration('Before the first attempt; each further waits twice as long; 250ms.'),
  max_backoff: duration('And at most so long; 1m. 0: no bound.'),
};

const WAIT = {
  min: duration('Waits until nothing has changed for so long.'),
  max: duration('And for so long after the first change at most.'),
};

export const TEMPLATE_SETTING: Setting = block("How tasks' templates are rendered.", {
  function_denylist: texts('Functions that fail. `plugin` and `writeToFile` always do.'),
  disable_file_sandbox: flag('`false` alone: templates see files of their task only.'),
  wait: block('For templates that say nothing; without it they wait for nothing.', WAIT),
  wait_bounds: block('What no `wait` of a job goes below, or beyond.', WAIT),
  consul_retry: block('When servers do not answer.', RETRY),
  nomad_retry: block('The same, where `consul_retry` says nothing.', RETRY),
  vault_retry: { kind: 'free', note: 'Accepted: there is no store of secrets.' },
  max_stale: duration('Accepted: every agent answers from what it has.'),
  block_query_wait: duration('Accepted: a question waits a minute for news.'),
  block_query_wait_time: duration('The same.'),
});

/** @param client the block around it; what cannot be is told in `problems` */
export function templatePolicy(client: Reader, problems: ConfigProblem[]): TemplatePolicy {
  const template = client.block('template');
  const [wait, bounds] = [template.block('wait'), template.block('wait_bounds')];
  const minMs = wait.count('min');
  if (template.flag('disable_file_sandbox', false)) {
    problems.push({
      path: `${template.path}.disable_file_sandbox`,
      message: 'cannot be true: templates see nothing of the machine but their task',
    });
  }
  const backoff = backoffOf(template, problems);
  return {
    denied: template.texts('function_denylist'),
    ...(minMs === undefined ? {} : { wait: { minMs, maxMs: wait.count('max', WAIT_MS_MAX) } }),
    waitMsMin: bounds.count('min', 0),
    waitMsMax: bounds.count('max', Infinity),
    ...(backoff === undefined ? {} : { backoff }),
  };
}

function backoffOf(
  template: Reader,
  problems: ConfigProblem[],
): TemplatePolicy['backoff'] | undefined {
  const blocks = [template.block('consul_retry'), template.block('nomad_retry')];
  for (const retry of blocks) {
    if (retry.count('attempts', 0) === 0) continue;
    const message = 'can be 0 alone: a task is not ended because its servers are away';
    problems.push({ path: `${retry.path}.attempts`, message });
  }
  const said = (name: string): number | undefined =>
    blocks.map((retry) => retry.count(name)).find((ms) => ms !== undefined);
  const [first, most] = [said('backoff'), said('max_backoff')];
  if (first === undefined && most === undefined) return undefined;
  return {
    first: first ?? TEMPLATE_BACKOFF_MS.first,
    most: most === 0 ? Infinity : (most ?? TEMPLATE_BACKOFF_MS.most),
  };
}
