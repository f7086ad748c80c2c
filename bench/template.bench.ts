/**
 * Templates: one with 200 services of 50 instances rendered, and rendered again after a change of
 * one of them; and a thousand templates over the same services, as the runner decides for them.
 */
import type { Millis } from '../src/base/brand.ts';
import type { HealthService, ServiceInstance } from '../src/core/template/dependency.ts';
import { dependencyKey } from '../src/core/template/dependency.ts';
import { isTemplateProblem } from '../src/core/template/problem.ts';
import { parseWithFunctions, render } from '../src/core/template/render.ts';
import { initialRunner, stepRunner, type RunnerInput } from '../src/core/template/runner.ts';
import { report } from './harness.ts';

const SERVICES = 200;
const INSTANCES = 50;
const TEMPLATES = 1_000;
const HOST = { now: 0, env: {} };

const names = Array.from({ length: SERVICES }, (_, i) => `service-${i}`);
const text = names
  .map((name) => {
    const line = '  server {{ .Node }} {{ .Address }}:{{ .Port }} weight={{ .Weights.Passing }}';
    return `backend ${name}{{ range service "${name}" }}\n${line}{{ end }}\n`;
  })
  .join('');

function query(name: string): HealthService {
  return { kind: 'health.service', name, filter: [], connect: false };
}

function instances(name: string, port: number): readonly ServiceInstance[] {
  return Array.from({ length: INSTANCES }, (_, i) => ({
    ...{ node: `node-${i}`, nodeId: '', nodeAddress: `10.0.0.${i}`, nodeDatacenter: 'dc1' },
    ...{ nodeTaggedAddresses: {}, nodeMeta: {}, serviceMeta: {}, serviceTaggedAddresses: {} },
    ...{ address: `10.0.0.${i}`, id: `${name}-${i}`, name, tags: ['a'], checks: [] },
    ...{ status: 'passing' as const, port, weights: { passing: 1, warning: 1 } },
  }));
}

function parse(source: string) {
  const template = parseWithFunctions({ name: 'bench', text: source });
  if (isTemplateProblem(template)) throw new RangeError(template.problem);
  return template;
}

function median(runs: number, one: () => void): number {
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    one();
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

const answers = new Map(
  names.map((name) => [dependencyKey(query(name)), { value: instances(name, 8_000) }]),
);
const whole = parse(text);
const parseMs = median(15, () => parse(text));
report({ name: 'template.parse.200', value: parseMs, unit: 'ms', better: 'lower' });
const renderMs = median(15, () => render(whole, answers, HOST));
report({ name: 'template.render.200x50', value: renderMs, unit: 'ms', better: 'lower' });

/** The same as the runner decides for it: how long from a change of one service to its new text. */
const one = {
  templates: [{ name: 'whole', template: whole, errorOnMissingKey: false }],
  ...{ host: { env: {} }, once: false, hasChild: false },
};
let oneState = initialRunner(one);
let written = 0;
function tellOne(input: RunnerInput): void {
  const turn = stepRunner(oneState, input, one, 0 as Millis);
  oneState = turn.state;
  for (const effect of turn.effects) {
    if (effect.do !== 'write') continue;
    written += 1;
    tellOne({ type: 'written', template: effect.template, changed: true });
  }
}
tellOne({ type: 'begun' });
for (const name of names) {
  tellOne({ type: 'answered', dependency: query(name), value: instances(name, 8_000) });
}
written = 0;
let changedPort = 8_000;
const rerenderMs = median(15, () => {
  changedPort++;
  const value = instances('service-7', changedPort);
  tellOne({ type: 'answered', dependency: query('service-7'), value });
});
if (written !== 15) throw new RangeError(`rendered ${written} times, not at each change`);
report({ name: 'template.rerender.200x50', value: rerenderMs, unit: 'ms', better: 'lower' });

/** A thousand templates of two services each: what a change of one service costs. */
const policy = {
  templates: Array.from({ length: TEMPLATES }, (_, i) => ({
    name: `t${i}`,
    template: parse(
      [names[i % SERVICES], names[(i * 7 + 1) % SERVICES]]
        .map((name) => `{{ range service "${name ?? ''}" }}{{ .Address }}:{{ .Port }}\n{{ end }}`)
        .join(''),
    ),
    errorOnMissingKey: false,
  })),
  ...{ host: { env: {} }, once: false, hasChild: false },
};
let state = initialRunner(policy);
let watched = 0;
function tell(input: RunnerInput): void {
  const turn = stepRunner(state, input, policy, 0 as Millis);
  ({ state } = turn);
  for (const effect of turn.effects) {
    if (effect.do === 'watch') watched = effect.dependencies.length;
    if (effect.do !== 'write') continue;
    tell({ type: 'written', template: effect.template, changed: true });
  }
}
const began = performance.now();
tell({ type: 'begun' });
for (const name of names) {
  tell({ type: 'answered', dependency: query(name), value: instances(name, 8_000) });
}
const first = performance.now() - began;
report({ name: 'template.runner.1000.first', value: first, unit: 'ms', better: 'lower' });
report({ name: 'template.runner.1000.queries', value: watched, unit: 'queries', better: 'lower' });
let port = 9_000;
const changeMs = median(15, () => {
  port++;
  const value = instances('service-7', port);
  tell({ type: 'answered', dependency: query('service-7'), value });
});
report({ name: 'template.runner.1000.change', value: changeMs, unit: 'ms', better: 'lower' });
