/**
 * The templates of one task, from its first start to its end: rendered before it starts, and again
 * whenever what they read has changed.
 *
 * TT1: the task starts once every file is there; what it waits for is told in its events.
 * TT2: a change is acted upon only while the task has been started with the files of before.
 */
import { TemplateFeed } from '../../api/template-feed.ts';
import { explain, Failure } from '../../base/failure.ts';
import type { Random } from '../../base/random.ts';
import { parseEnvFile } from '../../core/task-templates/env-file.ts';
import {
  actionsFor,
  type ChangeAction,
  type PlannedTemplate,
} from '../../core/task-templates/plan.ts';
import { changeIdOf } from '../../core/task-templates/change-id.ts';
import { toBytes } from '../../core/template/bytes.ts';
import type { Dependency } from '../../core/template/dependency.ts';
import type { TemplateHost } from '../../core/template/host.ts';
import {
  answersFor,
  initialRunner,
  missingOf,
  stepRunner,
  type RunnerEffect,
  type RunnerInput,
  type RunnerState,
} from '../../core/template/runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TemplateAnswer } from '../../ports/template-source.ts';
import { Drive } from '../../run/drive.ts';
import { RollingChange, type RollingDeps, type RollingFiles } from './rolling-change.ts';

export interface TaskTemplatesDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly host: Omit<TemplateHost, 'now'>;
  readonly ask: (
    dependency: Dependency,
    index: number,
    signal: AbortSignal,
  ) => Promise<TemplateAnswer>;
  /** Writes a file; answers whether it is another one than before. */
  readonly write: (template: PlannedTemplate, bytes: Uint8Array) => Promise<boolean>;
  /** The text of a file as it is; empty where there is none. */
  readonly read: (template: PlannedTemplate) => Promise<string>;
  readonly act: (actions: readonly ChangeAction[]) => Promise<void>;
  /** Tells people what is waited for; empty: nothing any more. */
  readonly waitsFor: (missing: readonly string[]) => void;
  readonly log: (line: string) => void;
  /** Where changes go through the group a few instances at a time. */
  readonly rolling?: RollingDeps;
}

/** What is waited for is told after so long: most is there at once [ms]. */
const PATIENCE_MS = 3_000;

function isUnsupported(error: unknown): error is Failure {
  return error instanceof Failure && error.fault === 'unsupported';
}

export class TaskTemplates {
  readonly #templates: readonly PlannedTemplate[];
  readonly #deps: TaskTemplatesDeps;
  readonly #feed: TemplateFeed;
  readonly #stop = new AbortController();
  readonly #drive: Drive<RunnerState, RunnerInput, RunnerEffect>;
  readonly #texts = new Map<number, string>();
  /** Files that changed since commands were last run, by their place. */
  readonly #changed = new Set<number>();
  readonly #rolling: RollingChange | undefined;
  #done: Promise<unknown> = Promise.resolve();
  #isWatchedByTask: boolean;
  #tellReady: () => void = () => undefined;
  #tellFailed: (error: Failure) => void = () => undefined;
  readonly #ready: Promise<void>;

  /** @param running the task runs already, started by an earlier process (TT2) */
  constructor(templates: readonly PlannedTemplate[], running: boolean, deps: TaskTemplatesDeps) {
    this.#templates = templates;
    this.#deps = deps;
    this.#isWatchedByTask = running;
    const policy = {
      templates: templates.map(({ runner }) => runner),
      host: deps.host,
      once: false,
      hasChild: false,
    };
    this.#ready = new Promise((resolve, reject) => {
      this.#tellReady = resolve;
      this.#tellFailed = reject;
    });
    this.#ready.catch(() => undefined);
    this.#feed = new TemplateFeed({
      ask: deps.ask,
      sleep: (ms, signal) => deps.clock.sleep(ms, signal),
      newAbort: () => new AbortController(),
      answered: (dependency, value) => this.#drive.send({ type: 'answered', dependency, value }),
      failed: (_, error) => {
        deps.log(`template: ${explain(error)}`);
        // What nobody will ever answer is not waited for.
        if (isUnsupported(error)) this.#tellFailed(error);
      },
    });
    this.#rolling =
      deps.rolling === undefined ? undefined : new RollingChange(this.#files(), deps.rolling);
    this.#drive = new Drive(
      {
        initial: initialRunner(policy),
        pending: [],
        tick: { type: 'tick' },
        step: (state: RunnerState, input: RunnerInput, now) =>
          stepRunner(state, input, policy, now),
      },
      {
        clock: deps.clock,
        edge: {
          settled: () => Promise.resolve(),
          perform: (effect: RunnerEffect) => this.#perform(effect),
        },
      },
    );
  }

  start(): void {
    this.#drive.send({ type: 'begun' });
    const running = this.#isWatchedByTask;
    this.#done = Promise.all([
      this.#drive.run(this.#stop.signal),
      this.#rolling?.run(running, this.#stop.signal),
    ]);
  }

  /**
   * Resolves when every file is there (TT1).
   *
   * Fails: `invalid` a template that goes wrong; `canceled` the signal.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const given = new AbortController();
    const late = this.#deps.clock.sleep(PATIENCE_MS, given.signal).then(() => {
      if (!given.signal.aborted) this.#deps.waitsFor(missingOf(this.#drive.state));
    });
    const canceled = new Promise<never>((_, reject) => {
      const give = (): void => reject(new Failure('canceled', 'the task was given up'));
      if (signal.aborted) give();
      signal.addEventListener('abort', give, { once: true });
    });
    try {
      await Promise.race([this.#ready, canceled]);
      // From here on the task is started with these files.
      this.#isWatchedByTask = true;
    } finally {
      given.abort();
      await late;
    }
  }

  /** The variables of templates with `env`. Fails: `invalid` a file that holds none. */
  environment(): Readonly<Record<string, string>> {
    const env: Record<string, string> = {};
    for (const [at, template] of this.#templates.entries()) {
      if (!template.env) continue;
      const found = parseEnvFile(this.#texts.get(at) ?? '');
      if ('mistake' in found) {
        throw new Failure('invalid', `template "${template.path}": ${found.mistake}`);
      }
      Object.assign(env, found.variables);
    }
    return env;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#feed.close();
    await this.#done;
  }

  async #perform(effect: RunnerEffect): Promise<void> {
    switch (effect.do) {
      case 'watch':
        this.#feed.watch(effect.dependencies);
        return;
      case 'write':
        this.#drive.send(await this.#write(effect.template, effect.text));
        return;
      case 'run':
        await this.#react();
        this.#drive.send({ type: 'commands-ended' });
        return;
      case 'report':
        // Before the first start nothing else will tell; later the files stay as they are.
        this.#tellFailed(new Failure('invalid', effect.problem));
        this.#deps.log(effect.problem);
        return;
      case 'complete':
        this.#tellReady();
        return;
      case 'tell-child':
      case 'finish':
        return;
    }
  }

  async #write(at: number, text: string): Promise<RunnerInput> {
    const template = this.#templates[at];
    if (template === undefined) return { type: 'written', template: at, changed: false };
    try {
      if (
        this.#isWatchedByTask &&
        this.#rolling !== undefined &&
        template.change.do !== 'nothing'
      ) {
        this.#rolling.submit(at, text);
        return { type: 'written', template: at, changed: false };
      }
      const changed = await this.#put(at, template, text);
      if (changed) this.#changed.add(at);
      return { type: 'written', template: at, changed };
    } catch (error) {
      return { type: 'write-failed', template: at, why: explain(error) };
    }
  }

  async #put(at: number, template: PlannedTemplate, text: string): Promise<boolean> {
    this.#texts.set(at, text);
    return this.#deps.write(template, toBytes(text));
  }

  /** The files as a rolling change sees them. */
  #files(): RollingFiles {
    // What is written at once is no part of a change that goes round.
    const rolling = this.#templates.flatMap(({ change }, at) =>
      change.do === 'nothing' ? [] : [at],
    );
    return {
      change: () => changeIdOf(answersFor(this.#drive.state, rolling)),
      put: async (texts) => {
        const before = new Map<number, string>();
        for (const [at, text] of texts) {
          const template = this.#templates[at];
          if (template === undefined) continue;
          const former = this.#texts.get(at) ?? (await this.#deps.read(template));
          if (await this.#put(at, template, text)) before.set(at, former);
        }
        return before;
      },
      act: async (changed) => {
        const actions = actionsFor(changed.flatMap((at) => this.#templates[at] ?? []));
        await this.#deps.act(actions);
        return actions.some((each) => each.do === 'restart');
      },
    };
  }

  /**
   * Acts on what has changed (TT2), some chance time later, so that not all instances do at once.
   */
  async #react(): Promise<void> {
    const changed = [...this.#changed].flatMap((at) => this.#templates[at] ?? []);
    this.#changed.clear();
    const actions = this.#isWatchedByTask ? actionsFor(changed) : [];
    if (actions.length === 0) return;
    const { clock, random, act } = this.#deps;
    const splayMs = Math.max(...changed.map((each) => each.splayMs));
    await clock.sleep(random.next() * splayMs, this.#stop.signal);
    if (!this.#stop.signal.aborted) await act(actions);
  }
}
