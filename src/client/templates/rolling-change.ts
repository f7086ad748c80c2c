/**
 * Takes changes of a task's files over when it is its turn: a few instances of the group at a time,
 * each healthy before the next, and back to what it was where it is not.
 *
 * RC1: until the servers give leave, the files on disk are the old ones; what is rendered meanwhile
 *      takes the place of what was rendered before it.
 * RC2: a place that was taken is given back, whatever became of the change.
 * RC3: what an earlier process had begun is brought to its end; a text that is on disk already is
 *      no change.
 */
import { explain, Failure } from '../../base/failure.ts';
import { TEMPLATE_WRITE_RETRY_MS } from '../../core/limits.ts';
import type { ChangeNote } from '../../core/task-templates/change-note.ts';
import type { ChangeMark, ChangeVerdict } from '../../core/task-templates/health-after-change.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RolloutLeave } from '../../ports/template-rollouts.ts';
import { Bell } from '../../run/bell.ts';

/** Texts by the place of their template. */
export type Texts = ReadonlyMap<number, string>;

export interface RollingDeps {
  readonly clock: Clock;
  /** Asks for a place; see `TemplateRollouts`. */
  readonly begin: (change: string, signal: AbortSignal) => Promise<RolloutLeave>;
  readonly end: (healthy: boolean, reason: string, signal: AbortSignal) => Promise<void>;
  readonly mark: () => ChangeMark;
  /** Resolves when it is known whether the instance lives with it, or on abort. */
  readonly settled: (mark: ChangeMark, signal: AbortSignal) => Promise<ChangeVerdict>;
  readonly autoRevert: boolean;
  readonly note: (message: string) => void;
  readonly log: (line: string) => void;
}

/** The task's files. */
export interface RollingFiles {
  /** Names what the texts were made from. */
  readonly change: () => string;
  /** Notes and writes files; answers the former texts of those that are others now. */
  readonly put: (texts: Texts) => Promise<Texts>;
  /** Writes former texts again. */
  readonly putBack: (texts: Texts) => Promise<void>;
  /** Nothing is half way any more. */
  readonly settled: () => Promise<void>;
  /** What an earlier process left half way. */
  readonly noted: (note: ChangeNote) => LeftChange;
  /** Does what follows from changed files; answers whether the task is started anew. */
  readonly act: (changed: readonly number[]) => Promise<boolean>;
}

/** A change that an earlier process had begun. */
export interface LeftChange {
  /** The task has been started since. */
  readonly started: boolean;
  /** The task's start that the change found. */
  readonly attempt: number;
  readonly before: Texts;
}

export class RollingChange {
  readonly #files: RollingFiles;
  readonly #deps: RollingDeps;
  readonly #bell = new Bell();
  #pending = new Map<number, string>();

  constructor(files: RollingFiles, deps: RollingDeps) {
    this.#files = files;
    this.#deps = deps;
  }

  /** Hands a text in that is to be taken over when it may be. */
  submit(at: number, text: string): void {
    this.#pending.set(at, text);
    this.#bell.ring();
  }

  /** True while a text that was handed in waits for its turn. */
  awaits(at: number): boolean {
    return this.#pending.has(at);
  }

  /** @param resumed an earlier process may have left a change half way, `note` is what of it */
  async run(resumed: boolean, note: ChangeNote | undefined, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    if (resumed) await this.#attempt(() => this.#resume(note, signal));
    while (!isAborted(signal)) {
      await this.#bell.wait(clock, undefined, signal);
      if (isAborted(signal) || this.#pending.size === 0) continue;
      const failed = await this.#attempt(() => this.#roll(signal));
      if (failed === undefined || isAborted(signal)) continue;
      log(`template: ${explain(failed)}`);
      await clock.sleep(TEMPLATE_WRITE_RETRY_MS, signal);
      this.#bell.ring();
    }
  }

  /** Goes on where the earlier process was: acts where it had not, and waits for the verdict. */
  async #resume(note: ChangeNote | undefined, signal: AbortSignal): Promise<void> {
    const mark = this.#deps.mark();
    if (note === undefined) return this.#conclude(mark, undefined, signal);
    const { started, attempt, before } = this.#files.noted(note);
    const restarts = started || (await this.#files.act([...before.keys()]));
    return this.#conclude({ ...mark, attempt, restarts }, before, signal);
  }

  async #roll(signal: AbortSignal): Promise<void> {
    const { note, mark } = this.#deps;
    const leave = await this.#leave(signal);
    const texts = this.#pending;
    this.#pending = new Map();
    if (leave.stopped !== undefined) {
      note(`Template change is not taken over: ${leave.stopped}`);
      return;
    }
    const before = await this.#put(texts, signal);
    const found = mark();
    const restarts = before.size > 0 && (await this.#files.act([...before.keys()]));
    await this.#conclude({ ...found, restarts }, before, signal);
  }

  /** What is rendered while others change counts: the change asked for is the newest. */
  async #leave(signal: AbortSignal): Promise<RolloutLeave> {
    for (;;) {
      const change = this.#files.change();
      const leave = await this.#deps.begin(change, signal);
      if (change === this.#files.change()) return leave;
    }
  }

  /** What cannot be written says nothing about the change: the place goes to others (RC2). */
  async #put(texts: Map<number, string>, signal: AbortSignal): Promise<Texts> {
    try {
      return await this.#files.put(texts);
    } catch (error) {
      for (const [at, text] of texts) {
        if (!this.#pending.has(at)) this.#pending.set(at, text);
      }
      await this.#deps.end(true, '', signal);
      throw error;
    }
  }

  /** Waits for the verdict, goes back where it says so, and gives the place back (RC2). */
  async #conclude(mark: ChangeMark, before: Texts | undefined, signal: AbortSignal): Promise<void> {
    const { settled, autoRevert, note } = this.#deps;
    const unchanged = before?.size === 0;
    const verdict: ChangeVerdict = unchanged ? { is: 'healthy' } : await settled(mark, signal);
    if (verdict.is !== 'unhealthy') {
      // An instance that is going down holds no place: the servers see to that.
      if (verdict.is === 'healthy') await this.#finish(true, '', signal);
      return;
    }
    const { reason } = verdict;
    if (autoRevert && before !== undefined) {
      note(`Template change is reverted: ${reason}`);
      await this.#files.putBack(before);
      await this.#files.act([...before.keys()]);
    } else {
      note(`Template change failed: ${reason}`);
    }
    await this.#finish(false, reason, signal);
  }

  async #finish(healthy: boolean, reason: string, signal: AbortSignal): Promise<void> {
    await this.#files.settled();
    await this.#deps.end(healthy, reason, signal);
  }

  /** Answers what went wrong. */
  async #attempt(run: () => Promise<void>): Promise<Failure | undefined> {
    try {
      await run();
      return undefined;
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  }
}

/** Asked anew each time: it changes while one waits. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
