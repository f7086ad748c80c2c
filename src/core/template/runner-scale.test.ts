import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { TemplateFeed } from '../../api/template-feed.ts';
import type { Millis } from '../../base/brand.ts';
import { dependencyKey, type Dependency, type ServiceInstance } from './dependency.ts';
import { isTemplateProblem } from './problem.ts';
import { parseWithFunctions } from './render.ts';
import { HOST } from './rendering.fixture.ts';
import { initialRunner, stepRunner, type RunnerInput, type RunnerTemplate } from './runner.ts';

const SERVICES = 200;
const TEMPLATES = 1_000;
const INSTANCES = 50;

/** Every template looks at two services, so that each service is looked at by ten. */
const TEXTS = Array.from({ length: TEMPLATES }, (_, n) => {
  const [a, b] = [n % SERVICES, (n + 1) % SERVICES];
  return `{{ range service "s${a}" }}{{ .Port }} {{ end }}{{ len (service "s${b}") }}`;
});

function instances(port: number): readonly ServiceInstance[] {
  return Array.from({ length: INSTANCES }, (_, n) => ({
    ...{ node: `n${n}`, nodeId: '', nodeAddress: '', nodeDatacenter: 'dc1', nodeMeta: {} },
    ...{ nodeTaggedAddresses: {}, serviceMeta: {}, serviceTaggedAddresses: {}, checks: [] },
    ...{ address: '10.0.0.1', id: `i${n}`, name: 's', tags: [], status: 'passing', port },
    weights: { passing: 1, warning: 1 },
  }));
}

function templates(): readonly RunnerTemplate[] {
  return TEXTS.map((text) => {
    const template = parseWithFunctions({ name: 'in', text });
    assert.ok(!isTemplateProblem(template));
    return { name: 'in', template, errorOnMissingKey: false };
  });
}

test('a thousand templates over two hundred services ask two hundred questions', async () => {
  const policy = { templates: templates(), host: HOST, once: false, hasChild: false };
  let state = initialRunner(policy);
  const questions = new Map<string, number>();
  let writes = 0;
  const feed = new TemplateFeed({
    ask: (dependency, _, signal) => {
      const key = dependencyKey(dependency);
      questions.set(key, (questions.get(key) ?? 0) + 1);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    },
    sleep: () => Promise.resolve(),
    newAbort: () => new AbortController(),
    answered: () => undefined,
    failed: () => undefined,
  });
  const inputs: RunnerInput[] = [{ type: 'begun' }];
  const settle = (): void => {
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const next = stepRunner(state, input, policy, 0 as Millis);
      ({ state } = next);
      for (const effect of next.effects) {
        if (effect.do === 'watch') feed.watch(effect.dependencies);
        if (effect.do !== 'write') continue;
        writes += 1;
        inputs.push({ type: 'written', template: effect.template, changed: true });
      }
    }
  };
  settle();
  await turn();
  assert.equal(questions.size, SERVICES);
  assert.deepEqual([...new Set(questions.values())], [1]);
  const service = (n: number): Dependency => {
    return { kind: 'health.service', name: `s${n}`, filter: [], connect: false };
  };
  for (let n = 0; n < SERVICES; n++) {
    inputs.push({ type: 'answered', dependency: service(n), value: instances(80) });
  }
  settle();
  assert.equal(writes, TEMPLATES);
  // One service changes: those that look at it are rendered anew, and those only whose text is
  // another are written. Nobody asks anything besides.
  writes = 0;
  inputs.push({ type: 'answered', dependency: service(7), value: instances(81) });
  settle();
  assert.equal(writes, TEMPLATES / SERVICES);
  writes = 0;
  inputs.push({ type: 'answered', dependency: service(7), value: instances(81) });
  settle();
  assert.equal(writes, 0);
  assert.deepEqual([...new Set(questions.values())], [1]);
  await feed.close();
});
