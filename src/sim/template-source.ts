/** Templates' questions answered as a test says; each change wakes who waits. */
import { dependencyKey } from '../core/template/dependency.ts';
import { Failure } from '../base/failure.ts';
import type {
  RolloutLeave,
  RolloutReport,
  RolloutRequest,
  TemplateRollouts,
} from '../ports/template-rollouts.ts';
import type { TemplateAnswer, TemplateQuestion, TemplateSource } from '../ports/template-source.ts';

/** Places for a change of templates, as the servers would give them: one instance at a time. */
export class SimTemplateRollouts implements TemplateRollouts {
  /** What happened, in its order: `begin a.web`, `end a.web healthy`. */
  readonly lines: string[] = [];
  readonly #stopped = new Map<string, string>();
  readonly #waiting = new Set<() => void>();
  #holder: Readonly<{ allocId: string; change: string }> | undefined;

  async begin(what: RolloutRequest, signal: AbortSignal): Promise<RolloutLeave> {
    const { allocId, change } = what;
    for (;;) {
      const stopped = this.#stopped.get(change);
      if (stopped !== undefined) return { stopped };
      if (this.#holder === undefined || this.#holder.allocId === allocId) break;
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      if (signal.aborted) throw new Failure('canceled', 'nobody waits any more');
    }
    this.#holder = { allocId, change };
    this.lines.push(`begin ${allocId}.${what.task}`);
    return {};
  }

  end({ allocId, task, healthy, reason }: RolloutReport): Promise<void> {
    if (this.#holder?.allocId !== allocId) return Promise.resolve();
    if (!healthy) this.#stopped.set(this.#holder.change, reason);
    this.#holder = undefined;
    this.lines.push(`end ${allocId}.${task} ${healthy ? 'healthy' : reason}`);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    return Promise.resolve();
  }
}

export class SimTemplateSource implements TemplateSource {
  readonly host = {};
  readonly rollouts = new SimTemplateRollouts();
  readonly #answers = new Map<string, TemplateAnswer>();
  readonly #waiting = new Set<() => void>();

  /** Gives the answer to a question, from now on. */
  set(key: string, value: TemplateAnswer['value']): void {
    const index = (this.#answers.get(key)?.index ?? 0) + 1;
    this.#answers.set(key, { value, index });
    for (const wake of this.#waiting) wake();
  }

  async ask({ dependency, index }: TemplateQuestion, signal: AbortSignal): Promise<TemplateAnswer> {
    for (;;) {
      const known = this.#answers.get(dependencyKey(dependency));
      if (known !== undefined && known.index > index) return known;
      if (signal.aborted) return { value: undefined, index };
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }
}
