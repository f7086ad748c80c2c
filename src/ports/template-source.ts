/** What templates of tasks ask of the cluster and of the machine. */
import type { AnswerOf, Dependency } from '../core/template/dependency.ts';
import type { TemplateHost } from '../core/template/host.ts';
import type { TemplateRollouts } from './template-rollouts.ts';

export interface TemplateAnswer {
  readonly value: AnswerOf[Dependency['kind']];
  /** For the next question; 0 where it cannot be waited for. */
  readonly index: number;
}

export interface TemplateQuestion {
  readonly dependency: Dependency;
  /** Of the answer before; 0: at once. */
  readonly index: number;
  readonly namespace: string;
}

export interface TemplateSource {
  /**
   * Asks once, in the namespace where it matters; with an index, waits until the answer is newer,
   * or for a while.
   *
   * Fails: `unavailable`, `timeout` the servers are away; `unsupported` what they do not answer.
   */
  ask(question: TemplateQuestion, signal: AbortSignal): Promise<TemplateAnswer>;
  readonly rollouts: TemplateRollouts;
  /** What templates may use of the machine. */
  readonly host: Omit<TemplateHost, 'now' | 'env'>;
}
