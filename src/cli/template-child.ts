/**
 * The program that `template -exec` keeps running: started once everything is rendered, told of
 * changes by a signal or by being started again, ended with us.
 */
import { explain } from '../base/failure.ts';
import type { ChildSettings } from '../core/template/runner-config.ts';
import type { TemplateLog } from './template-log.ts';
import type { Started } from './template-world.ts';
import type { Ended } from '../ports/programs.ts';
import type { World } from './world.ts';

/** The exit code of a shell whose program was ended by a signal. */
const SIGNALED = 128;

export class TemplateChild {
  readonly #settings: ChildSettings;
  readonly #world: World;
  readonly #log: TemplateLog;
  readonly #ended: (code: number) => void;
  #running: Started | undefined;
  /** Changes are told one after another. */
  #queue: Promise<void> = Promise.resolve();
  #stopping = new AbortController();

  /** @param deps `ended` hears the exit code when the program ends of itself */
  constructor(
    settings: ChildSettings,
    deps: {
      readonly world: World;
      readonly log: TemplateLog;
      readonly ended: (code: number) => void;
    },
  ) {
    this.#settings = settings;
    this.#world = deps.world;
    this.#log = deps.log;
    this.#ended = deps.ended;
  }

  /** Fails: as starting a line does. */
  async start(): Promise<void> {
    const started = await this.#world.templates.start(this.#settings.command);
    this.#running = started;
    this.#log.say('info', `started "${this.#settings.command}"`);
    started.ended.then(
      (ended) => {
        if (this.#running === started) this.#ended(codeOf(ended));
      },
      () => undefined,
    );
  }

  /** Tells it that files have changed, after a random part of the splay. */
  tell(): void {
    this.#queue = this.#queue
      .then(() => this.#tell())
      .catch((error: unknown) => {
        this.#log.say('err', explain(error));
        this.#ended(1);
      });
  }

  /** Ends it; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#queue;
    await this.#end();
  }

  async #tell(): Promise<void> {
    const { templates } = this.#world;
    const { splayMs, reloadSignal } = this.#settings;
    if (splayMs > 0) {
      await this.#world.sleep(templates.chance() * splayMs, this.#stopping.signal);
    }
    if (this.#stopping.signal.aborted || this.#running === undefined) return;
    if (reloadSignal !== undefined) {
      this.#log.say('info', `sending ${reloadSignal}`);
      this.#running.signal(reloadSignal);
      return;
    }
    this.#log.say('info', 'starting the program again');
    await this.#end();
    await this.start();
  }

  async #end(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    // It is not told as ended of itself.
    this.#running = undefined;
    running.signal(this.#settings.killSignal);
    const late = new AbortController();
    const timeout = this.#world.sleep(this.#settings.killTimeoutMs, late.signal).then(() => {
      if (!late.signal.aborted) running.signal('SIGKILL');
    });
    await running.ended;
    late.abort();
    await timeout;
  }
}

function codeOf(ended: Ended): number {
  return 'code' in ended ? ended.code : SIGNALED;
}
