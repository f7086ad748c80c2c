/**
 * The templates of a task as the machine of templates runs them, and what follows when their files
 * change.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/template
 */
import type { JsonObject } from '../../base/json.ts';
import { staysInside } from '../artifact/archive.ts';
import type { Lookup } from '../interpolate/replace.ts';
import { interpolate } from '../interpolate/replace.ts';
import type { Template as TaskTemplate } from '../model/task.ts';
import { isTemplateProblem } from '../template/problem.ts';
import { parseWithFunctions } from '../template/render.ts';
import type { RunnerTemplate } from '../template/runner.ts';
import { waitUnder, type TemplatePolicy } from './template-policy.ts';
import { readChangeScript } from './change-script.ts';

/** One template of a task, understood. */
export interface PlannedTemplate {
  readonly runner: RunnerTemplate;
  /** Relative to the allocation's directory. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Its content becomes environment variables. */
  readonly env: boolean;
  readonly change: ChangeAction;
  readonly splayMs: number;
  /** The file stays as the task was first started with it. */
  readonly once: boolean;
}

/** What is done when a file has changed while the task runs. */
export type ChangeAction =
  | Readonly<{ do: 'nothing' }>
  | Readonly<{ do: 'signal'; signal: string }>
  | Readonly<{ do: 'restart' }>
  | Readonly<{ do: 'script'; command: readonly string[]; timeoutMs: number; failsTask: boolean }>;

/** Where a task's directories are, as itself and as the machine sees them. */
export interface TaskPlaces {
  readonly task: string;
  readonly taskDir: string;
  readonly sharedDir: string;
  /** What the task calls them: the same, or `/local` and its like. */
  readonly isolated: boolean;
  readonly lookup: Lookup;
}

/** Where the text of a template comes from. */
export function templatePath(path: string, places: TaskPlaces): string | undefined {
  return within(interpolate(path, places.lookup), places);
}

/** @param written its text, and what the client says. Answers what is wrong where it is none. */
export function planTemplate(
  template: TaskTemplate,
  { text, policy }: { readonly text: string; readonly policy: TemplatePolicy },
  places: TaskPlaces,
): PlannedTemplate | { readonly mistake: string } {
  const destination = interpolate(template.destPath, places.lookup);
  const path = within(destination, places);
  if (path === undefined) {
    return { mistake: `template destination "${destination}" leads out of the task's directory` };
  }
  const name = template.sourcePath === '' ? destination : template.sourcePath;
  const delimiters = { left: template.leftDelimiter, right: template.rightDelimiter };
  const parsed = parseWithFunctions({ name, text }, delimiters, policy.denied);
  if (isTemplateProblem(parsed)) return { mistake: parsed.problem };
  const change = changeOf(template, places.lookup);
  if ('mistake' in change) return change;
  const { uid, gid } = template;
  const wait = waitUnder(policy, template.wait);
  return {
    runner: {
      name,
      template: parsed,
      errorOnMissingKey: template.errorOnMissingKey,
      command: destination,
      ...(wait === undefined ? {} : { wait }),
    },
    path,
    mode: parseInt(template.perms === '' ? '644' : template.perms, 8) & 0o777,
    ...(uid === undefined && gid === undefined
      ? {}
      : { owner: { uid: uid ?? -1, gid: gid ?? -1 } }),
    env: template.env,
    change,
    splayMs: template.splayMs,
    once: template.once === true,
  };
}

/**
 * The one thing that is done when several files changed at once: a restart does for all, else every
 * signal is sent once and every script is run.
 */
export function actionsFor(changed: readonly PlannedTemplate[]): readonly ChangeAction[] {
  const actions = changed.map(({ change }) => change).filter((each) => each.do !== 'nothing');
  const restart = actions.find((each) => each.do === 'restart');
  if (restart !== undefined) return [restart];
  const seen = new Set<string>();
  return actions.filter((each) => {
    const key = JSON.stringify(each);
    return seen.has(key) ? false : seen.add(key);
  });
}

function changeOf(
  { changeMode, changeSignal, changeScript }: TaskTemplate,
  lookup: Lookup,
): ChangeAction | { readonly mistake: string } {
  switch (changeMode) {
    case 'noop':
      return { do: 'nothing' };
    case 'restart':
      return { do: 'restart' };
    case 'signal':
      return { do: 'signal', signal: changeSignal === '' ? 'SIGHUP' : changeSignal };
    case 'script':
      return scriptOf(changeScript ?? {}, lookup);
  }
}

function scriptOf(script: JsonObject, lookup: Lookup): ChangeAction | { readonly mistake: string } {
  const { command, args, timeoutMs, failOnError } = readChangeScript(script);
  if (command === '') return { mistake: 'change_script needs a command' };
  return {
    do: 'script',
    command: [command, ...args].map((each) => interpolate(each, lookup)),
    timeoutMs,
    failsTask: failOnError,
  };
}

/**
 * A path that a job's author wrote, relative to the allocation's directory: relative ones begin in
 * the task's own, absolute ones are as the task sees them.
 */
function within(
  path: string,
  { task, taskDir, sharedDir, isolated }: TaskPlaces,
): string | undefined {
  const relative = [
    [`${taskDir}/`, task],
    [`${sharedDir}/`, 'alloc'],
    ...(isolated
      ? [
          ['/alloc/', 'alloc'],
          ['/', task],
        ]
      : []),
  ].find(([prefix = '']) => path.startsWith(prefix));
  if (relative === undefined && path.startsWith('/')) return undefined;
  const [prefix = '', base = task] = relative ?? [];
  const found = `${base}/${path.slice(prefix.length)}`;
  return staysInside(found) && staysInside(found.slice(base.length + 1)) ? found : undefined;
}
