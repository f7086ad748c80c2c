/** Templates' questions answered as a test says; each change wakes who waits. */
import { dependencyKey } from '../core/template/dependency.ts';
import type { TemplateAnswer, TemplateQuestion, TemplateSource } from '../ports/template-source.ts';

export class SimTemplateSource implements TemplateSource {
  readonly host = {};
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
