/**
 * The templates of one task, from its first start to its end: rendered before it starts, and again
 * whenever what they read has changed.
 *
 * TT1: the task starts once every file is there; what it waits for is told in its events.
 * TT2: a change is acted upon only while the task has been started with the files of before.
 * TT3: a change is noted before it is written, and until it has been acted upon: an agent that is
 *      started anew compares with what is on disk, and does what the one before did not come to.
 * TT4: what is to be rendered once stays as the task was first started with it, also when the
 *      agent or the task is started anew.
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
import type { ChangeNote } from '../../core/task-templates/change-note.ts';
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
import type { TemplateAnswer } from '../../ports/template-source.ts';
import { Drive } from '../../run/drive.ts';
import type { OwnTime } from '../own-time.ts';
import { RollingChange, type RollingDeps, type RollingFiles } from './rolling-change.ts';

export interface TaskTemplatesDeps {
  readonly time: OwnTime;
  readonly random: Random;
  readonly host: Omit<TemplateHost, 'now'>;
  readonly ask: (
    dependency: Dependency,
    index: number,
    signal: AbortSignal,
  ) => Promise<TemplateAnswer>;
  /** Writes a file; answers whether it is another one than before. */
  readonly write: (template: PlannedTemplate, bytes: Uint8Array) => Promise<boolean>;
  /** The text of a file as it is; undefined where there is none. */
  readonly read: (template: PlannedTemplate) => Promise<string | undefined>;
  /** What is written down of a change (TT3). */
  readonly notes: ChangeNotes;
  /** The task's starts so far. */
  readonly attempt: () => number;
  /** Between attempts of a question that fail [ms]; the usual ones where absent. */
  readonly backoff?: Readonly<{ first: number; most: number }>;
  readonly act: (actions: readonly ChangeAction[]) => Promise<void>;
  /** Tells people what is waited for; empty: nothing any more. */
  readonly waitsFor: (missing: readonly string[]) => void;
  readonly log: (line: string) => void;
  /** Where changes go through the group a few instances at a time. */
  readonly rolling?: RollingDeps;
}

export interface ChangeNotes {
  load(): Promise<ChangeNote | undefined>;
  keep(note: ChangeNote): Promise<void>;
  drop(): Promise<void>;
}

/** How the task stands when its templates begin. */
export interface TemplatesBegin {
  /** It runs already, started by an earlier process (TT2). */
  readonly running: boolean;
  /** An earlier process had it, and may have left a change half way. */
  readonly resumed: boolean;
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
  readonly #begin: TemplatesBegin;
  #isWatchedByTask: boolean;
  #tellReady: () => void = () => undefined;
  #tellFailed: (error: Failure) => void = () => undefined;
  readonly #ready: Promise<void>;

  constructor(
    templates: readonly PlannedTemplate[],
    begin: TemplatesBegin,
    deps: TaskTemplatesDeps,
  ) {
    this.#templates = templates;
    this.#deps = deps;
    this.#begin = begin;
    this.#isWatchedByTask = begin.running;
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
      sleep: (ms, signal) => deps.time.clock.sleep(ms, signal),
      newAbort: () => new AbortController(),
      ...(deps.backoff && { backoff: deps.backoff }),
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
        step: (state: RunnerState, input: RunnerInput) => {
          const { now, steady } = deps.time.moment();
          return stepRunner(state, input, { ...policy, aheadMs: now - steady }, steady);
        },
      },
      {
        clock: deps.time.clock,
        edge: {
          settled: () => Promise.resolve(),
          perform: (effect: RunnerEffect) => this.#perform(effect),
        },
      },
    );
  }

  start(): void {
    this.#done = this.#run(this.#stop.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { resumed } = this.#begin;
    const note = resumed ? await this.#deps.notes.load() : undefined;
    this.#drive.send({ type: 'begun' });
    await Promise.all([
      this.#drive.run(signal),
      this.#rolling === undefined ? this.#makeUp(note) : this.#rolling.run(resumed, note, signal),
    ]);
  }

  /** Does what an earlier process did not come to (TT3): a later start has seen the new files. */
  async #makeUp(note: ChangeNote | undefined): Promise<void> {
    if (note === undefined || note.attempt < this.#deps.attempt()) return;
    for (const at of this.#placesOf(note).keys()) this.#changed.add(at);
    await this.#react();
  }

  /** The former texts of a note, by the place of their template. */
  #placesOf({ files }: ChangeNote): ReadonlyMap<number, string | undefined> {
    const places = [...files].map(([path, before]) => {
      const at = this.#templates.findIndex((template) => template.path === path);
      return [at, before] as const;
    });
    return new Map(places.filter(([at]) => at >= 0));
  }

  /**
   * Resolves when every file is there (TT1).
   *
   * Fails: `invalid` a template that goes wrong; `canceled` the signal.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const given = new AbortController();
    const late = this.#deps.time.clock.sleep(PATIENCE_MS, given.signal).then(() => {
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
      if (template.once && (await this.#isStartedWith(at, template))) {
        return { type: 'written', template: at, changed: false };
      }
      const isActedUpon = this.#isWatchedByTask && template.change.do !== 'nothing';
      if (isActedUpon && (await this.#isAsBefore(at, template, text))) {
        return { type: 'written', template: at, changed: false };
      }
      if (isActedUpon && this.#rolling !== undefined) {
        this.#rolling.submit(at, text);
        return { type: 'written', template: at, changed: false };
      }
      if (isActedUpon) await this.#noteChange(at);
      const changed = await this.#put(at, template, text);
      if (changed) this.#changed.add(at);
      return { type: 'written', template: at, changed };
    } catch (error) {
      return { type: 'write-failed', template: at, why: explain(error) };
    }
  }

  /** Its file is there, and the task was started with it (TT4). */
  async #isStartedWith(at: number, template: PlannedTemplate): Promise<boolean> {
    if (!this.#isWatchedByTask && !this.#begin.resumed) return false;
    const known = this.#texts.get(at) ?? (await this.#deps.read(template));
    if (known !== undefined) this.#texts.set(at, known);
    return known !== undefined;
  }

  /** An earlier process wrote it: what is on disk is what the task has (TT3). */
  async #isAsBefore(at: number, template: PlannedTemplate, text: string): Promise<boolean> {
    const known = this.#texts.get(at) ?? (await this.#deps.read(template));
    if (known !== undefined) this.#texts.set(at, known);
    return known === text && this.#rolling?.awaits(at) !== true;
  }

  async #noteChange(at: number): Promise<void> {
    const paths = [...this.#changed, at].flatMap((one) => this.#templates[one]?.path ?? []);
    const files = new Map(paths.map((path) => [path, undefined]));
    await this.#deps.notes.keep({ attempt: this.#deps.attempt(), files });
  }

  async #put(at: number, template: PlannedTemplate, text: string): Promise<boolean> {
    this.#texts.set(at, text);
    return this.#deps.write(template, toBytes(text));
  }

  /** The files as a rolling change sees them. */
  #files(): RollingFiles {
    // What is written at once is no part of a change that goes round.
    const rolling = this.#templates.flatMap(({ change, once }, at) =>
      change.do === 'nothing' || once ? [] : [at],
    );
    return {
      change: () => changeIdOf(answersFor(this.#drive.state, rolling)),
      put: async (texts) => {
        const { notes, attempt, read } = this.#deps;
        const before = new Map<number, string>();
        for (const [at, text] of texts) {
          const template = this.#templates[at];
          if (template === undefined) continue;
          const former = this.#texts.get(at) ?? (await read(template)) ?? '';
          if (former !== text) before.set(at, former);
        }
        const paths = [...before].map(([at, text]) => [this.#templates[at]?.path ?? '', text]);
        if (before.size > 0) {
          await notes.keep({ attempt: attempt(), files: new Map(paths as [string, string][]) });
        }
        await this.#putAll(texts);
        return before;
      },
      putBack: (texts) => this.#putAll(texts),
      settled: () => this.#deps.notes.drop(),
      noted: (note) => ({
        started: note.attempt < this.#deps.attempt(),
        attempt: note.attempt,
        before: new Map([...this.#placesOf(note)].map(([at, text]) => [at, text ?? ''])),
      }),
      act: async (changed) => {
        const actions = actionsFor(changed.flatMap((at) => this.#templates[at] ?? []));
        await this.#deps.act(actions);
        return actions.some((each) => each.do === 'restart');
      },
    };
  }

  async #putAll(texts: ReadonlyMap<number, string>): Promise<void> {
    for (const [at, text] of texts) {
      const template = this.#templates[at];
      if (template !== undefined) await this.#put(at, template, text);
    }
  }

  /**
   * Acts on what has changed (TT2), some chance time later, so that not all instances do at once.
   */
  async #react(): Promise<void> {
    const changed = [...this.#changed].flatMap((at) => this.#templates[at] ?? []);
    this.#changed.clear();
    const actions = this.#isWatchedByTask ? actionsFor(changed) : [];
    if (actions.length === 0) return;
    const { time, random, act } = this.#deps;
    const splayMs = Math.max(...changed.map((each) => each.splayMs));
    await time.clock.sleep(random.next() * splayMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    await act(actions);
    // A restart may still be on its way when we end; once it is done, it outdates the note.
    if (!actions.some((each) => each.do === 'restart')) await this.#deps.notes.drop();
  }
}
