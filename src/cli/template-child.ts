/**
 * The program that `template -exec` keeps running: started once everything is rendered, told of
 * changes by a signal or by being started again, ended with us.
 *
 * C1: between two tellings, and between its start and the first, there is a pause: a program that
 *     is still taking up the one before may lose a signal, as HAProxy's master does. What changes
 *     meanwhile is told once.
 */
import { explain } from '../base/failure.ts';
import { childEnvironment } from '../core/template/child-environment.ts';
import type { ChildSettings } from '../core/template/runner-config.ts';
import type { Ended } from '../ports/programs.ts';
import type { TemplateLog } from './template-log.ts';
import type { Started } from './template-world.ts';
import type { World } from './world.ts';

/** The exit code of a shell whose program was ended by a signal. */
const SIGNALED = 128;
/** See C1 [ms]. */
const TELLING_PAUSE_MS = 1_000;

export interface ChildDeps {
  readonly world: World;
  readonly log: TemplateLog;
  /** What it gets at most of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears the exit code when the program ends of itself. */
  readonly ended: (code: number) => void;
}

export class TemplateChild {
  readonly #settings: ChildSettings;
  readonly #deps: ChildDeps;
  #running: Started | undefined;
  /** Changes are told one after another. */
  #queue: Promise<void> = Promise.resolve();
  /** A telling waits for its time; it stands for all that change until then. */
  #isDue = false;
  /** Of the last start or telling, on the clock that only grows [ms]. */
  #toldMs = 0;
  readonly #stopping = new AbortController();

  constructor(settings: ChildSettings, deps: ChildDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Fails: as starting a program does. */
  async start(): Promise<void> {
    const { world, log, ended, env } = this.#deps;
    const { command, env: wanted } = this.#settings;
    const all = { pristine: false, custom: [], allowed: [], denied: [] };
    const started = await world.templates.start(command, childEnvironment(wanted ?? all, env));
    this.#running = started;
    this.#toldMs = world.uptimeMs();
    log.say('info', `started "${command.join(' ')}"`);
    started.ended.then(
      (end) => {
        if (this.#running === started) ended(codeOf(end));
      },
      () => undefined,
    );
  }

  /** Tells it that files have changed, after a random part of the splay (C1). */
  tell(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#queue = this.#queue
      .then(() => this.#tell())
      .catch((error: unknown) => {
        this.#deps.log.say('err', explain(error));
        this.#deps.ended(1);
      });
  }

  /** Hands a signal on that we were sent. */
  forward(signal: string): void {
    this.#running?.signal(signal);
  }

  /** Ends it; resolves when it has ended, with its exit code. Undefined: it did not run. */
  async stop(signal = this.#settings.killSignal): Promise<number | undefined> {
    this.#stopping.abort();
    await this.#queue;
    return this.#end(signal);
  }

  async #tell(): Promise<void> {
    const { world, log } = this.#deps;
    const { splayMs, reloadSignal } = this.#settings;
    const pauseMs = this.#toldMs + TELLING_PAUSE_MS - world.uptimeMs();
    const waitMs = Math.max(pauseMs, world.templates.chance() * splayMs);
    if (waitMs > 0) await world.sleep(waitMs, this.#stopping.signal);
    this.#isDue = false;
    if (this.#stopping.signal.aborted || this.#running === undefined) return;
    this.#toldMs = world.uptimeMs();
    if (reloadSignal !== undefined) {
      log.say('info', `sending ${reloadSignal}`);
      this.#running.signal(reloadSignal);
      return;
    }
    log.say('info', 'starting the program again');
    await this.#end(this.#settings.killSignal);
    await this.start();
  }

  async #end(signal: string): Promise<number | undefined> {
    const running = this.#running;
    if (running === undefined) return undefined;
    const { world } = this.#deps;
    // It is not told as ended of itself.
    this.#running = undefined;
    running.signal(signal);
    const late = new AbortController();
    const timeout = world.sleep(this.#settings.killTimeoutMs, late.signal).then(() => {
      if (!late.signal.aborted) running.signal('SIGKILL');
    });
    const end = await running.ended;
    late.abort();
    await timeout;
    return codeOf(end);
  }
}

function codeOf(ended: Ended): number {
  return 'code' in ended ? ended.code : SIGNALED;
}
