/**
 * Decides when templates are rendered, written, and told to their commands: the machine behind
 * `muster template` and behind the templates of tasks.
 *
 * U1: a file is written when all that its template uses has answered, and its text is another one.
 * U2: a command runs when the file's content has changed, once for several files that name it.
 * U3: what is watched is exactly what the templates used when they were last run.
 * U4: answers that come while nothing rests are waited out: `wait.minMs` after the last of them, at
 * most `wait.maxMs` after the first. What was never written is not waited for.
 * U5: one file is written once at a time, so that an older text never lands on a newer one.
 */
import type { Millis } from '../../base/brand.ts';
import { same } from '../../base/same.ts';
import type { Turn } from '../../base/turn.ts';
import { TEMPLATE_WRITE_RETRY_MS } from '../limits.ts';
import type { Template } from './ast.ts';
import { dependencyKey, type AnswerOf, type Dependency } from './dependency.ts';
import type { TemplateHost } from './host.ts';
import { render, type Answers } from './render.ts';

/** How long to wait for things to rest before rendering. */
export type Quiescence = Readonly<{ minMs: number; maxMs: number }>;

/** A template as the machine needs it; where it is written is the edge's. */
export type RunnerTemplate = Readonly<{
  /** For messages. */
  name: string;
  template: Template;
  errorOnMissingKey: boolean;
  /** What goes wrong in it ends all. */
  errorFatal?: boolean;
  wait?: Quiescence;
  /** Run after the file changed; several templates may name the same. */
  command?: string;
}>;

export type RunnerPolicy = Readonly<{
  templates: readonly RunnerTemplate[];
  /** What templates may use of the world, without the time. */
  host: Omit<TemplateHost, 'now'>;
  /** How far the clock that templates read is ahead of the one that waits are judged by [ms]. */
  aheadMs?: number;
  /** Ends when all is written and told; waits for no rest. */
  once: boolean;
  /** Whether a program is kept running, see `runner-child.ts`. */
  hasChild: boolean;
}>;

/** What is known of one template. */
type Item = Readonly<{
  used: ReadonlySet<string>;
  dependencies: readonly Dependency[];
  missing: readonly Dependency[];
  /** What was handed out to be written last. */
  text?: string;
  /** What is to be written next, from `dueAt` on. */
  ready?: string;
  dueAt?: Millis;
  firstChangeAt?: Millis;
  /** It is being written: what comes next waits for it (U5). */
  writing: boolean;
  problem?: string;
}>;

export type RunnerState = Readonly<{
  answers: Answers;
  items: readonly Item[];
  /** Commands that are due. */
  commands: readonly string[];
  commanding: boolean;
  /** Files have changed since the child was told. */
  childIsStale: boolean;
  /** Told once that all is there. */
  complete: boolean;
  finished: boolean;
}>;

export type RunnerInput =
  | Readonly<{ type: 'begun' }>
  | Readonly<{ type: 'tick' }>
  | Readonly<{
      type: 'answered';
      dependency: Dependency;
      value: AnswerOf[Dependency['kind']];
    }>
  | Readonly<{ type: 'written'; template: number; changed: boolean }>
  | Readonly<{ type: 'write-failed'; template: number; why: string }>
  | Readonly<{ type: 'commands-ended'; failure?: string }>;

export type RunnerEffect =
  /** All that is to be watched from now on; what is not among it is forgotten. */
  | Readonly<{ do: 'watch'; dependencies: readonly Dependency[] }>
  | Readonly<{ do: 'write'; template: number; text: string }>
  | Readonly<{ do: 'run'; commands: readonly string[] }>
  | Readonly<{ do: 'report'; problem: string }>
  /** Everything was written and told for the first time. */
  | Readonly<{ do: 'complete' }>
  /** Files changed since, and all commands have been run. */
  | Readonly<{ do: 'tell-child' }>
  | Readonly<{ do: 'finish'; failed: boolean }>;

type RunnerTurn = Turn<RunnerState, RunnerEffect>;

/** Before anything was asked. */
export function initialRunner(policy: RunnerPolicy): RunnerState {
  const empty: Item = { used: new Set(), dependencies: [], missing: [], writing: false };
  return {
    answers: new Map(),
    items: policy.templates.map(() => empty),
    commands: [],
    commanding: false,
    childIsStale: false,
    complete: false,
    finished: false,
  };
}

/** What some templates read when they were last run, by what was asked. */
export function answersFor(
  { items, answers }: RunnerState,
  templates: readonly number[],
): ReadonlyMap<string, unknown> {
  const used = new Set(templates.flatMap((at) => [...(items[at]?.used ?? [])]));
  return new Map([...used].map((key) => [key, answers.get(key)?.value]));
}

/** What templates still wait for, each once; for messages and task events. */
export function missingOf(state: RunnerState): readonly string[] {
  const missing = state.items.flatMap((item) => item.missing.map(dependencyKey));
  return [...new Set(missing)].sort();
}

export function stepRunner(
  state: RunnerState,
  input: RunnerInput,
  policy: RunnerPolicy,
  now: Millis,
): RunnerTurn {
  if (state.finished) return { state, effects: [] };
  const step = new Step(state, policy, now);
  step.take(input);
  return step.turn();
}

/** The item with nothing waiting to be written. */
function withoutPending({ used, dependencies, missing, writing, text, problem }: Item): Item {
  return {
    ...{ used, dependencies, missing, writing },
    ...(text === undefined ? {} : { text }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** One step: the state as it becomes, and what follows from it. */
class Step {
  readonly #before: RunnerState;
  readonly #policy: RunnerPolicy;
  readonly #now: Millis;
  readonly #effects: RunnerEffect[] = [];
  #state: RunnerState;
  /** Some template uses other things than before. */
  #usesOthers = false;

  constructor(state: RunnerState, policy: RunnerPolicy, now: Millis) {
    this.#before = state;
    this.#state = state;
    this.#policy = policy;
    this.#now = now;
  }

  take(input: RunnerInput): void {
    switch (input.type) {
      case 'begun':
        this.#refresh(() => true);
        break;
      case 'tick':
        break;
      case 'answered':
        this.#answered(input.dependency, input.value);
        break;
      case 'written':
        this.#written(input.template, input.changed);
        break;
      case 'write-failed':
        this.#writeFailed(input.template, input.why);
        break;
      case 'commands-ended':
        this.#state = { ...this.#state, commanding: false };
        if (input.failure !== undefined) this.#problem(input.failure);
    }
  }

  turn(): RunnerTurn {
    if (!this.#state.finished) {
      this.#watch();
      this.#write();
      this.#settle();
    }
    const { items, finished } = this.#state;
    const due = items.flatMap(({ dueAt, writing }) =>
      dueAt === undefined || writing ? [] : [dueAt],
    );
    const turn = { state: this.#state, effects: this.#effects };
    if (finished || due.length === 0) return turn;
    return { ...turn, wakeAt: Math.min(...due) as Millis };
  }

  #answered(dependency: Dependency, value: AnswerOf[Dependency['kind']]): void {
    const key = dependencyKey(dependency);
    const before = this.#state.answers.get(key);
    if (before !== undefined && same(before.value, value)) return;
    const answers = new Map(this.#state.answers).set(key, { value });
    this.#state = { ...this.#state, answers };
    this.#refresh((item) => item.used.has(key));
  }

  /** Renders again what has changed. */
  #refresh(isConcerned: (item: Item) => boolean): void {
    const items = this.#state.items.map((item, i) => {
      const template = this.#policy.templates[i];
      return template === undefined || !isConcerned(item) ? item : this.#render(item, template);
    });
    this.#state = { ...this.#state, items };
  }

  #render(before: Item, template: RunnerTemplate): Item {
    const { host: given, aheadMs = 0 } = this.#policy;
    const host = { ...given, now: (this.#now + aheadMs) as Millis };
    const options = { errorOnMissingKey: template.errorOnMissingKey };
    const { result, used, missing } = render(template.template, this.#state.answers, host, options);
    const { text, firstChangeAt } = before;
    const keys = used.map(dependencyKey);
    const isAsBefore =
      keys.length === before.used.size && keys.every((key) => before.used.has(key));
    if (!isAsBefore) this.#usesOthers = true;
    const item: Item = {
      used: isAsBefore ? before.used : new Set(keys),
      dependencies: used,
      missing,
      writing: before.writing,
      ...(text === undefined ? {} : { text }),
    };
    // A template may stumble over what is still empty; it is run again when that has come.
    if (missing.length > 0) return item;
    if ('problem' in result) {
      if (result.problem !== before.problem) {
        this.#problem(result.problem, template.errorFatal);
      }
      return { ...item, problem: result.problem };
    }
    if (result.text === text) return item;
    const since = firstChangeAt ?? this.#now;
    const dueAt = text === undefined ? this.#now : this.#due(template, since);
    return { ...item, ready: result.text, firstChangeAt: since, dueAt };
  }

  /** When a change is to be written (U4). */
  #due({ wait }: RunnerTemplate, since: Millis): Millis {
    if (wait === undefined || this.#policy.once) return this.#now;
    return Math.min(this.#now + wait.minMs, since + wait.maxMs) as Millis;
  }

  /** Asks for what is used now, and forgets what no longer is (U3). */
  #watch(): void {
    if (!this.#usesOthers) return;
    const watched = new Map<string, Dependency>();
    for (const { dependencies } of this.#state.items) {
      for (const dependency of dependencies) watched.set(dependencyKey(dependency), dependency);
    }
    const before = new Set(this.#before.items.flatMap(({ used }) => [...used]));
    const sameKeys = [...watched.keys()].every((key) => before.has(key));
    if (sameKeys && before.size === watched.size) return;
    this.#effects.push({ do: 'watch', dependencies: [...watched.values()] });
    const answers = new Map([...this.#state.answers].filter(([key]) => watched.has(key)));
    this.#state = { ...this.#state, answers };
  }

  /** Hands out what is due (U1). */
  #write(): void {
    const before = this.#effects.length;
    const items = this.#state.items.map((item, template) => {
      const { ready, dueAt } = item;
      if (item.writing || ready === undefined) return item;
      if (dueAt === undefined || dueAt > this.#now) return item;
      this.#effects.push({ do: 'write', template, text: ready });
      return { ...withoutPending(item), text: ready, writing: true };
    });
    if (this.#effects.length > before) this.#state = { ...this.#state, items };
  }

  #written(template: number, changed: boolean): void {
    const command = this.#policy.templates[template]?.command;
    const { commands, childIsStale } = this.#state;
    const isNew = changed && command !== undefined && !commands.includes(command);
    this.#state = {
      ...this.#state,
      items: this.#state.items.map((item, i) =>
        i === template ? { ...item, writing: false } : item,
      ),
      commands: isNew ? [...commands, command] : commands,
      childIsStale: childIsStale || changed,
    };
  }

  /** Tries again later; the file is as it was. */
  #writeFailed(template: number, why: string): void {
    const items = this.#state.items.map((item, i) => {
      if (i !== template || item.text === undefined) return item;
      const { text, ...rest } = item;
      const dueAt = (this.#now + TEMPLATE_WRITE_RETRY_MS) as Millis;
      return { ...rest, writing: false, ready: rest.ready ?? text, dueAt };
    });
    this.#state = { ...this.#state, items };
    this.#problem(why);
  }

  /** Runs commands once nothing is being written (U2), then tells the child, or ends. */
  #settle(): void {
    const { commanding, commands, items } = this.#state;
    if (commanding || items.some(({ writing }) => writing) || this.#state.finished) return;
    if (commands.length > 0) {
      this.#effects.push({ do: 'run', commands });
      this.#state = { ...this.#state, commands: [], commanding: true };
      return;
    }
    const isComplete = items.every((item) => item.text !== undefined && item.ready === undefined);
    if (isComplete && !this.#state.complete) {
      this.#state = { ...this.#state, complete: true, childIsStale: false };
      this.#effects.push({ do: 'complete' });
      if (this.#policy.once && !this.#policy.hasChild) this.#finish(false);
    } else if (this.#state.complete && this.#state.childIsStale) {
      this.#state = { ...this.#state, childIsStale: false };
      if (this.#policy.hasChild) this.#effects.push({ do: 'tell-child' });
    }
  }

  #problem(problem: string, isFatal = false): void {
    this.#effects.push({ do: 'report', problem });
    if (this.#policy.once || isFatal) this.#finish(true);
  }

  #finish(failed: boolean): void {
    this.#effects.push({ do: 'finish', failed });
    this.#state = { ...this.#state, finished: true };
  }
}
