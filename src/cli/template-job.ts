/** What `template` is told to do, read from its flags and files, and done. */
import type { Api } from '../api/api.ts';
import { parseDuration } from '../base/duration.ts';
import { Failure } from '../base/failure.ts';
import { decodeAgentFile, isAgentFile, mergeFiles } from '../core/agent-config/decode.ts';
import type { JsonObject } from '../base/json.ts';
import { formatDiagnostic } from '../core/hcl/diagnostic.ts';
import { Source } from '../core/hcl/source.ts';
import { isTemplateProblem } from '../core/template/problem.ts';
import { parseWithFunctions } from '../core/template/render.ts';
import type { RunnerTemplate } from '../core/template/runner.ts';
import {
  childSettings,
  parseTemplateFlag,
  parseWaitFlag,
  runnerConfig,
  RUNNER_SETTINGS,
  type ConfigTrouble,
  type RunnerConfig,
  type TemplateSettings,
} from '../core/template/runner-config.ts';
import type { Invocation } from './command.ts';
import { discoveryApi } from './discovery-api.ts';
import { runTemplates, type TemplateJob } from './template-runner.ts';
import { isLevel, LEVELS, type Level } from './template-log.ts';
import type { World } from './world.ts';

/** Renders until it is done or told to end; starts over when its settings are to be read again. */
export async function renderTemplates(invocation: Invocation, world: World): Promise<number> {
  for (;;) {
    const ended = await runTemplates(await readJob(invocation, world), world);
    if (ended !== 'reload') return ended;
  }
}

/** Reads files and templates: all that may be wrong is told before anything is done. */
async function readJob(invocation: Invocation, world: World): Promise<TemplateJob> {
  const { flags } = invocation;
  const config = await settings(invocation, world);
  const waitText = flags.text('wait');
  const wait = waitText === undefined ? config.wait : sound(parseWaitFlag(waitText));
  const typed = flags.list('template').map((one) => sound(parseTemplateFlag(one)));
  const targets = [...config.templates, ...typed];
  if (targets.length === 0) {
    throw new Failure('invalid', 'nothing to render: give -template or -config');
  }
  const templates: RunnerTemplate[] = [];
  for (const target of targets) {
    const parsed = await readTemplate(target, world);
    templates.push({ ...parsed, ...(wait === undefined ? {} : { wait }), ...ownWait(target) });
  }
  const child = childOf(invocation, config);
  return {
    api: await apiOf(invocation, config, world),
    templates,
    targets,
    once: flags.has('once'),
    dry: flags.has('dry'),
    level: levelOf(flags.text('log-level') ?? config.logLevel ?? 'warn'),
    ...(child === undefined || flags.has('dry') ? {} : { child }),
  };
}

function ownWait({ wait }: TemplateSettings): Pick<RunnerTemplate, 'wait'> {
  return wait === undefined ? {} : { wait };
}

async function readTemplate(target: TemplateSettings, world: World): Promise<RunnerTemplate> {
  const { source, contents, command } = target;
  const text = contents ?? (await world.files.read(source ?? ''));
  const name = source ?? '(dynamic)';
  const delimiters = { left: target.leftDelimiter, right: target.rightDelimiter };
  const parsed = parseWithFunctions({ name, text }, delimiters);
  if (isTemplateProblem(parsed)) throw new Failure('invalid', parsed.problem);
  const { errorOnMissingKey } = target;
  const what = { name, template: parsed, errorOnMissingKey };
  return command === undefined ? what : { ...what, command };
}

async function settings(invocation: Invocation, world: World): Promise<RunnerConfig> {
  let merged: JsonObject = {};
  for (const path of invocation.flags.list('config')) {
    const file = decodeAgentFile(new Source(path, await world.files.read(path)), RUNNER_SETTINGS);
    if (!isAgentFile(file)) {
      throw new Failure('invalid', file.map(formatDiagnostic).join('\n'));
    }
    merged = mergeFiles(merged, file);
  }
  return sound(runnerConfig(merged));
}

async function apiOf(invocation: Invocation, config: RunnerConfig, world: World): Promise<Api> {
  const { flags } = invocation;
  const address = flags.text('consul-addr') ?? flags.text('http-addr') ?? config.address;
  const token = flags.text('consul-token') ?? flags.text('token') ?? config.token;
  const env = address === undefined ? world.env : { ...world.env, MUSTER_HTTP_ADDR: address };
  const api = await discoveryApi(invocation, { ...world, env });
  return token === undefined ? api : api.with({ token });
}

function childOf({ flags }: Invocation, config: RunnerConfig): TemplateJob['child'] {
  const command = flags.text('exec') ?? config.child?.command;
  if (command === undefined) return undefined;
  const reloadSignal = flags.text('exec-reload-signal');
  const killSignal = flags.text('exec-kill-signal');
  const killTimeoutMs = duration('exec-kill-timeout', flags.text('exec-kill-timeout'));
  const splayMs = duration('exec-splay', flags.text('exec-splay'));
  return childSettings(command, {
    ...config.child,
    ...(reloadSignal === undefined ? {} : { reloadSignal }),
    ...(killSignal === undefined ? {} : { killSignal }),
    ...(killTimeoutMs === undefined ? {} : { killTimeoutMs }),
    ...(splayMs === undefined ? {} : { splayMs }),
  });
}

function duration(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new Failure('invalid', `-${name}: no duration: "${text}"`);
  return ms;
}

function levelOf(text: string): Level {
  const level = text.toLowerCase();
  if (isLevel(level)) return level;
  throw new Failure('invalid', `no log level "${text}": ${LEVELS.join(', ')}`);
}

function sound<T extends object>(value: T | ConfigTrouble): T {
  if ('problem' in value) throw new Failure('invalid', value.problem);
  return value;
}
