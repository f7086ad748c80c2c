/**
 * Carries out what the machine of `template` decides: asks, writes, runs, and tells it what came.
 *
 * T1: what is under way when it ends is waited for: no half-written file, no orphaned program.
 */
import type { Api } from '../api/api.ts';
import { askDependency, type Reply } from '../api/template-answers.ts';
import { TemplateFeed } from '../api/template-feed.ts';
import type { Millis } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import { toBytes, fromBytes } from '../core/template/bytes.ts';
import { dependencyKey, type Dependency } from '../core/template/dependency.ts';
import {
  initialRunner,
  missingOf,
  stepRunner,
  type RunnerEffect,
  type RunnerInput,
  type RunnerState,
  type RunnerTemplate,
} from '../core/template/runner.ts';
import type { ChildSettings, RetrySettings } from '../core/template/runner-config.ts';
import type { TemplateSettings } from '../core/template/runner-template.ts';
import { Drive } from '../run/drive.ts';
import { TemplateChild } from './template-child.ts';
import { commandName, runCommand } from './template-command.ts';
import { EXIT, FORWARDED } from './template-exit.ts';
import { TemplateLog, type Level } from './template-log.ts';
import type { World } from './world.ts';
import { TEMPLATE_BACKOFF_MS } from '../core/limits.ts';

/** All that is to be done, read and checked. */
export interface TemplateJob {
  readonly api: Api;
  readonly templates: readonly RunnerTemplate[];
  /** Where each of them goes. */
  readonly targets: readonly TemplateSettings[];
  readonly once: boolean;
  readonly dry: boolean;
  readonly level: Level;
  readonly retry: RetrySettings;
  /** Ends it; empty: none but SIGINT and SIGTERM. */
  readonly killSignal: string;
  /** Reads files and templates again; empty: none. */
  readonly reloadSignal: string;
  /** Of commands. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly child?: ChildSettings | undefined;
}

/** A file that templates read is looked at this often [ms]. Source: consul-template. */
const FILE_POLL_MS = 2_000;

/**
 * Runs until it is done or told to end; answers the exit code, or that settings are to be read
 * again.
 */
export async function runTemplates(job: TemplateJob, world: World): Promise<number | 'reload'> {
  return new TemplateRun(job, world).run();
}

class TemplateRun {
  readonly #job: TemplateJob;
  readonly #world: World;
  readonly #log: TemplateLog;
  readonly #end = new AbortController();
  readonly #feed: TemplateFeed;
  readonly #child: TemplateChild | undefined;
  #drive: Drive<RunnerState, RunnerInput, RunnerEffect> | undefined;
  #outcome: number | 'reload' = 0;
  #waitingFor = '';
  /** Sent to the program at the end where it is another one than its settings say. */
  #lastSignal: string | undefined;
  /** Failures in a row, by question. */
  readonly #failures = new Map<string, number>();

  constructor(job: TemplateJob, world: World) {
    this.#job = job;
    this.#world = world;
    this.#log = new TemplateLog(world, job.level);
    const { retry, child, env } = job;
    this.#feed = new TemplateFeed({
      ask: (dependency, index, signal) => this.#ask(dependency, index, signal),
      sleep: (ms, signal) => world.sleep(ms, signal),
      newAbort: () => new AbortController(),
      backoff: {
        first: retry.backoffMs ?? TEMPLATE_BACKOFF_MS.first,
        most:
          retry.backoffMsMax === 0 ? Infinity : (retry.backoffMsMax ?? TEMPLATE_BACKOFF_MS.most),
      },
      answered: (dependency, value) => {
        this.#failures.delete(dependencyKey(dependency));
        this.#log.say('debug', `${dependencyKey(dependency)} answered`);
        this.#send({ type: 'answered', dependency, value });
      },
      failed: (dependency, error, retryInMs) => this.#failed(dependency, error, retryInMs),
    });
    const ended = (code: number): void => this.#finish(code);
    const deps = { world, log: this.#log, env, ended };
    this.#child = child === undefined ? undefined : new TemplateChild(child, deps);
  }

  async run(): Promise<number | 'reload'> {
    const { templates, once, child } = this.#job;
    const host = await this.#world.templates.host();
    const policy = { templates, host, once, hasChild: child !== undefined };
    const drive = new Drive(
      {
        initial: initialRunner(policy),
        pending: [],
        tick: { type: 'tick' },
        step: (state: RunnerState, input: RunnerInput, now) =>
          stepRunner(state, input, { ...policy, aheadMs: this.#world.now() - now }, now),
      },
      {
        edge: {
          settled: (state) => this.#settled(state),
          perform: (effect: RunnerEffect) => this.#perform(effect),
        },
        clock: {
          // A clock that is set hurries no wait, and holds none up.
          now: () => this.#world.uptimeMs() as Millis,
          elapsedMs: () => this.#world.uptimeMs(),
          sleep: (ms, signal) => this.#world.sleep(ms, signal),
        },
      },
    );
    this.#drive = drive;
    drive.send({ type: 'begun' });
    const forget = this.#listen();
    try {
      await drive.run(this.#end.signal);
    } finally {
      forget();
      await this.#feed.close();
      const code = await this.#child?.stop(this.#lastSignal);
      if (this.#lastSignal !== undefined && code !== undefined) this.#outcome = code;
    }
    return this.#outcome;
  }

  #failed(dependency: Dependency, error: unknown, retryInMs: number): void {
    const key = dependencyKey(dependency);
    const what = `${key}: ${explain(error)}`;
    const { attemptsMax } = this.#job.retry;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const isLast = attemptsMax > 0 && failures >= attemptsMax;
    // What nobody will ever answer is not waited for.
    const isHopeless = error instanceof Failure && error.fault === 'unsupported';
    if (isLast || isHopeless) {
      this.#log.say('err', what);
      this.#finish(EXIT.failed);
      return;
    }
    this.#log.say('warn', `${what} (retry in ${retryInMs} ms)`);
  }

  /** What people and init systems tell this process. */
  #listen(): () => void {
    const { templates, signal } = this.#world;
    const { killSignal, reloadSignal } = this.#job;
    const stop = (): void => this.#finish(EXIT.interrupted);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const meanings = new Map<string, () => void>();
    if (this.#child !== undefined) {
      for (const name of FORWARDED) meanings.set(name, () => this.#child?.forward(name));
    }
    meanings.set('SIGTERM', () => {
      // The program is told as we were, and its end is ours.
      this.#lastSignal = 'SIGTERM';
      stop();
    });
    if (reloadSignal !== '') meanings.set(reloadSignal, () => this.#finish('reload'));
    if (killSignal !== '' && killSignal !== 'SIGINT') meanings.set(killSignal, stop);
    const forget = [...meanings].map(([name, listener]) => templates.onSignal(name, listener));
    return () => {
      signal.removeEventListener('abort', stop);
      for (const one of forget) one();
    };
  }

  #finish(outcome: number | 'reload'): void {
    if (this.#end.signal.aborted) return;
    this.#outcome = outcome;
    this.#end.abort();
  }

  #send(input: RunnerInput): void {
    if (!this.#end.signal.aborted) this.#drive?.send(input);
  }

  #settled(state: RunnerState): Promise<void> {
    const waitingFor = missingOf(state).join(', ');
    if (waitingFor !== this.#waitingFor && waitingFor !== '') {
      this.#log.say('info', `waiting for ${waitingFor}`);
    }
    this.#waitingFor = waitingFor;
    return Promise.resolve();
  }

  async #perform(effect: RunnerEffect): Promise<void> {
    switch (effect.do) {
      case 'watch':
        this.#feed.watch(effect.dependencies);
        return;
      case 'write':
        this.#send(await this.#write(effect.template, effect.text));
        return;
      case 'run':
        this.#send(await this.#runAll(effect.commands));
        return;
      case 'report':
        this.#log.say('err', effect.problem);
        return;
      case 'complete':
        await this.#startChild();
        return;
      case 'tell-child':
        this.#child?.tell();
        return;
      case 'finish':
        this.#finish(effect.failed ? EXIT.failed : 0);
    }
  }

  async #startChild(): Promise<void> {
    try {
      await this.#child?.start();
    } catch (error) {
      this.#log.say('err', explain(error));
      this.#finish(EXIT.failed);
    }
  }

  async #write(template: number, text: string): Promise<RunnerInput> {
    const target = this.#job.targets[template];
    if (target === undefined) return { type: 'written', template, changed: false };
    const { destination, perms, user, group, backup, createDirectories } = target;
    if (this.#job.dry) {
      this.#world.out(`> ${destination}\n`);
      await this.#world.outBytes(toBytes(text));
      return { type: 'written', template, changed: false };
    }
    const options = {
      ...{ backup, createDirectories },
      ...(perms === undefined ? {} : { perms }),
      ...(user === undefined ? {} : { user }),
      ...(group === undefined ? {} : { group }),
    };
    try {
      const { templates } = this.#world;
      const changed = await templates.replace(destination, toBytes(text), options);
      const word = changed ? 'rendered' : 'unchanged';
      this.#log.say('info', `${word} ${target.source ?? '(dynamic)'} => ${destination}`);
      return { type: 'written', template, changed };
    } catch (error) {
      return { type: 'write-failed', template, why: explain(error) };
    }
  }

  /** One after another; those after one that failed run all the same. */
  async #runAll(commands: readonly string[]): Promise<RunnerInput> {
    const failures: string[] = [];
    for (const command of commands) {
      this.#log.say('info', `running "${command}"`);
      const failure = await this.#runOne(command);
      if (failure !== undefined) failures.push(failure);
    }
    const failure = failures.join('; ');
    return { type: 'commands-ended', ...(failure === '' ? {} : { failure }) };
  }

  /** Of several files with one command, the longest of their times counts. */
  async #runOne(name: string): Promise<string | undefined> {
    const { targets, env } = this.#job;
    const same = targets.filter(({ command }) => command && commandName(command) === name);
    const [{ command = [] } = {}] = same;
    const times = same.map(({ commandTimeoutMs }) => commandTimeoutMs);
    const timeoutMs = times.includes(0) ? 0 : Math.max(...times);
    return runCommand({ name, command, timeoutMs, env }, this.#world);
  }

  async #ask(dependency: Dependency, index: number, signal: AbortSignal): Promise<Reply> {
    if (dependency.kind !== 'file') return askDependency(this.#job.api, dependency, index, signal);
    if (index > 0) await this.#world.sleep(FILE_POLL_MS, signal);
    return { value: fromBytes(await this.#world.files.readBytes(dependency.path)), index: 1 };
  }
}
