import { Failure } from '../../base/failure.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Random } from '../../base/random.ts';
import * as events from '../../core/runner/events.ts';
import { planTemplate, templatePath } from '../../core/task-templates/plan.ts';
import type { ChangeAction, PlannedTemplate, TaskPlaces } from '../../core/task-templates/plan.ts';
import { TEMPLATE_SOURCE_MAX } from '../../core/limits.ts';
import type { Template } from '../../core/model/task.ts';
import type { TemplatePolicy } from '../../core/task-templates/template-policy.ts';
import { fromBytes } from '../../core/template/bytes.ts';
import type { Dependency } from '../../core/template/dependency.ts';
import type { AllocDirs } from '../../ports/alloc-dir.ts';
import type { TemplateAnswer, TemplateSource } from '../../ports/template-source.ts';
import type { OwnTime } from '../own-time.ts';
import { runTaskScript } from '../task-script.ts';
import { TaskTemplates, type TemplatesBegin } from '../templates/task-templates.ts';
import { fileOf, notesOf } from '../templates/change-notes.ts';
import { rollingOf } from '../templates/rolling-of.ts';
import type { AllocHook, AllocScope, TaskHook, TaskScope } from './hook.ts';

export interface TemplatesDeps {
  readonly dirs: AllocDirs;
  readonly source: TemplateSource;
  readonly time: OwnTime;
  readonly random: Random;
  readonly policy: TemplatePolicy;
  readonly log: (line: string) => void;
}

/** A file that templates read is looked at this often [ms]. Source: consul-template. */
const FILE_POLL_MS = 2_000;
/** Bytes of a change script's output that are kept. */
const SCRIPT_OUTPUT_BYTES = 1_024;

/** Renders a task's templates before it starts, and as long as it runs. */
export class TemplatesHook implements AllocHook, TaskHook {
  readonly name = 'templates';
  readonly #deps: TemplatesDeps;
  /** By allocation, then by task. */
  readonly #running = new Map<string, Map<string, TaskTemplates>>();

  constructor(deps: TemplatesDeps) {
    this.#deps = deps;
  }

  prerun(): Promise<void> {
    return Promise.resolve();
  }

  async postrun({ alloc }: AllocScope): Promise<void> {
    const tasks = [...(this.#running.get(alloc.id)?.values() ?? [])];
    this.#running.delete(alloc.id);
    await Promise.all(tasks.map((templates) => templates.close()));
  }

  async prestart(scope: TaskScope, signal: AbortSignal): Promise<void> {
    if (scope.task.templates.length === 0) return;
    const begin = { running: false, resumed: scope.restored };
    const templates = await this.#templatesOf(scope, begin);
    await templates.ready(signal);
    Object.assign(scope.env, templates.environment());
  }

  async resume(scope: TaskScope): Promise<void> {
    if (scope.task.templates.length === 0) return;
    await this.#templatesOf(scope, { running: true, resumed: true });
  }

  /** Client and all: what is under way ends. */
  async close(): Promise<void> {
    const all = [...this.#running.values()].flatMap((tasks) => [...tasks.values()]);
    this.#running.clear();
    await Promise.all(all.map((templates) => templates.close()));
  }

  async #templatesOf(scope: TaskScope, begin: TemplatesBegin): Promise<TaskTemplates> {
    const { alloc, task } = scope;
    const tasks = this.#running.get(alloc.id) ?? new Map<string, TaskTemplates>();
    const known = tasks.get(task.name);
    if (known !== undefined) return known;
    const planned: PlannedTemplate[] = [];
    for (const template of task.templates) planned.push(await this.#plan(template, scope));
    const made = this.#make(planned, scope, begin);
    this.#running.set(alloc.id, tasks.set(task.name, made));
    made.start();
    return made;
  }

  #make(
    planned: readonly PlannedTemplate[],
    scope: TaskScope,
    begin: TemplatesBegin,
  ): TaskTemplates {
    const { dirs, source, time, random, log } = this.#deps;
    const { alloc, task } = scope;
    const say = (line: string): void =>
      log(`task "${task.name}" of allocation ${alloc.id}: ${line}`);
    return new TaskTemplates(planned, begin, {
      time,
      random: random.fork(`${alloc.id}/${task.name}`),
      host: { ...source.host, env: scope.variables },
      ask: (dependency, index, signal) => this.#ask(dependency, index, { scope, signal }),
      write: ({ path, mode, owner }, bytes) =>
        dirs.writeFile(alloc.id, path, { bytes, mode, ...(owner && { owner }) }),
      read: ({ path }) => fileOf(dirs, scope, path),
      notes: notesOf(dirs, scope),
      attempt: () => scope.look().run.tasks[task.name]?.attempt ?? 0,
      act: (actions) => this.#act(actions, scope),
      ...(this.#deps.policy.backoff && { backoff: this.#deps.policy.backoff }),
      waitsFor: (missing) => {
        if (missing.length > 0) scope.note(events.templateWaits(missing));
      },
      log: say,
      ...rollingOf(scope, { clock: time.clock, rollouts: source.rollouts, log: say }),
    });
  }

  async #plan(template: Template, scope: TaskScope): Promise<PlannedTemplate> {
    const places = placesOf(scope);
    const text =
      template.sourcePath === ''
        ? template.embeddedTemplate
        : await this.#read(template.sourcePath, scope);
    const planned = planTemplate(template, { text, policy: this.#deps.policy }, places);
    if ('mistake' in planned) throw new Failure('invalid', planned.mistake);
    return planned;
  }

  /** A file of the task's own: templates see nothing else of the machine. */
  async #read(path: string, scope: TaskScope): Promise<string> {
    const inside = templatePath(path, placesOf(scope));
    if (inside === undefined) {
      throw new Failure('denied', `template source "${path}" is outside the task's directory`);
    }
    const range = { offset: 0, length: TEMPLATE_SOURCE_MAX };
    const { alloc, task } = scope;
    return fromBytes(await this.#deps.dirs.readAs(alloc.id, task.name, inside, range));
  }

  async #ask(
    dependency: Dependency,
    index: number,
    { scope, signal }: { readonly scope: TaskScope; readonly signal: AbortSignal },
  ): Promise<TemplateAnswer> {
    const { namespace } = scope.alloc;
    if (dependency.kind !== 'file') {
      return this.#deps.source.ask({ dependency, index, namespace }, signal);
    }
    if (index > 0) await this.#deps.time.clock.sleep(FILE_POLL_MS, signal);
    return { value: await this.#read(dependency.path, scope), index: index + 1 };
  }

  async #act(actions: readonly ChangeAction[], scope: TaskScope): Promise<void> {
    for (const action of actions) {
      switch (action.do) {
        case 'nothing':
          break;
        case 'restart':
          scope.ask({ type: 'restart', reason: 'Template with change_mode restart re-rendered' });
          break;
        case 'signal':
          scope.ask({ type: 'signal', signal: action.signal, reason: 'Template re-rendered' });
          break;
        case 'script':
          await this.#runScript(action, scope);
      }
    }
  }

  async #runScript(
    { command, timeoutMs, failsTask }: Extract<ChangeAction, { do: 'script' }>,
    scope: TaskScope,
  ): Promise<void> {
    const { clock } = this.#deps.time;
    const limits = { timeoutMs, outputMaxBytes: SCRIPT_OUTPUT_BYTES };
    const open = (signal: AbortSignal): ReturnType<TaskScope['exec']> =>
      scope.exec(command, signal);
    const ended = await runTaskScript({ clock, open }, limits, new AbortController().signal);
    const what = `change script "${command.join(' ')}" (within ${formatDuration(timeoutMs)})`;
    if (ended.status === 'passing') {
      scope.note(events.templateScript(`Template ran ${what}`));
      return;
    }
    scope.note(events.templateScript(`Template failed to run ${what}: ${ended.output.trim()}`));
    if (failsTask) scope.ask({ type: 'restart', reason: `${what} failed`, failed: true });
  }
}

function placesOf({ task, directories, driver, interpolate }: TaskScope): TaskPlaces {
  return {
    task: task.name,
    taskDir: directories.taskDir,
    sharedDir: directories.sharedDir,
    isolated: driver.capabilities.fsIsolation !== 'none',
    lookup: (name) => {
      const whole = `\${${name}}`;
      const found = interpolate(whole);
      return found === whole ? undefined : found;
    },
  };
}
