/** Renders in one line, for tests of the template language. */
import { createHash } from 'node:crypto';
import { dependencyKey, type AnswerOf, type Dependency } from './dependency.ts';
import type { TemplateHost } from './host.ts';
import { isTemplateProblem } from './problem.ts';
import { parseWithFunctions, render, type Answers, type Rendering } from './render.ts';

/** A host of which everything is known. */
export const HOST: TemplateHost = {
  now: Date.UTC(2024, 1, 3, 4, 5, 6, 789),
  env: { HOME: '/root', EMPTY: '' },
  hash: (algorithm, bytes) => new Uint8Array(createHash(algorithm).update(bytes).digest()),
  addresses: () => [
    { interface: 'lo', address: '127.0.0.1', loopback: true },
    { interface: 'eth0', address: '10.1.2.3', loopback: false },
    { interface: 'eth1', address: '203.0.113.9', loopback: false },
  ],
};

/** An answer to a dependency, as `answers` takes it. */
export function answer<K extends Dependency['kind']>(
  dependency: Dependency & { kind: K },
  value: AnswerOf[K],
): readonly [string, Readonly<{ value: AnswerOf[Dependency['kind']] }>] {
  return [dependencyKey(dependency), { value }];
}

/** Everything about a rendering; what cannot be parsed has no dependencies. */
export function rendering(
  text: string,
  answers: Answers = new Map(),
  options: { readonly errorOnMissingKey?: boolean; readonly host?: TemplateHost } = {},
): Rendering {
  const template = parseWithFunctions({ name: 'in', text });
  if (isTemplateProblem(template)) return { result: template, used: [], missing: [] };
  return render(template, answers, options.host ?? HOST, options);
}

/** The text that a template gives, or the message. */
export function gives(text: string, answers: Answers = new Map()): string {
  const { result } = rendering(text, answers);
  return 'text' in result ? result.text : result.problem;
}
