/** What `template` is told to do, read from its flags and files, and done. */
import type { Api } from '../api/api.ts';
import { explain, Failure } from '../base/failure.ts';
import type { JsonObject } from '../base/json.ts';
import { decodeAgentFile, isAgentFile, mergeFiles } from '../core/agent-config/decode.ts';
import { formatDiagnostic } from '../core/hcl/diagnostic.ts';
import { Source } from '../core/hcl/source.ts';
import { isTemplateProblem } from '../core/template/problem.ts';
import { parseWithFunctions } from '../core/template/render.ts';
import type { RunnerTemplate } from '../core/template/runner.ts';
import { childSettings, runnerConfig, type RunnerConfig } from '../core/template/runner-config.ts';
import { RUNNER_SETTINGS } from '../core/template/runner-settings.ts';
import type { ConfigTrouble, TemplateSettings } from '../core/template/runner-template.ts';
import type { Invocation } from './command.ts';
import { discoveryApi } from './discovery-api.ts';
import { commandName } from './template-command.ts';
import { EXIT, isTemplateSignal } from './template-exit.ts';
import { templateFlags, type TemplateFlags } from './template-flags.ts';
import { isLevel, LEVELS, type Level } from './template-log.ts';
import { runTemplates, type TemplateJob } from './template-runner.ts';
import type { World } from './world.ts';

/** Renders until it is done or told to end; starts over when its settings are to be read again. */
export async function renderTemplates(invocation: Invocation, world: World): Promise<number> {
  const flags = await attempt(EXIT.badFlags, world, () => templateFlags(invocation.flags));
  if ('exit' in flags) return flags.exit;
  for (;;) {
    const ended = await renderOnce({ flags, invocation }, world);
    if (ended !== 'reload') return ended;
  }
}

interface Typed {
  readonly flags: TemplateFlags;
  readonly invocation: Invocation;
}

/** All that may be wrong is told before anything is done. */
async function renderOnce(typed: Typed, world: World): Promise<number | 'reload'> {
  const config = await attempt(EXIT.badSettings, world, () => settings(typed.flags, world));
  if ('exit' in config) return config.exit;
  const job = await attempt(EXIT.failed, world, () => jobOf(typed, config, world));
  if ('exit' in job) return job.exit;
  if (config.parseOnly || typed.flags.parseOnly) return 0;
  const pidFile = typed.flags.pidFile ?? config.pidFile;
  if (pidFile === undefined) return runTemplates(job, world);
  return withPidFile(pidFile, world, () => runTemplates(job, world));
}

async function attempt<T extends object>(
  exit: number,
  world: World,
  run: () => T | Promise<T>,
): Promise<T | { readonly exit: number }> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    world.err(`${explain(error)}\n`);
    return { exit };
  }
}

async function withPidFile<T>(
  path: string,
  world: World,
  run: () => Promise<T>,
): Promise<T | number> {
  const { templates } = world;
  const content = new TextEncoder().encode(String(templates.pid));
  const written = await attempt(EXIT.failed, world, async () => ({
    is: await templates.replace(path, content, { backup: false, createDirectories: false }),
  }));
  if ('exit' in written) return written.exit;
  try {
    return await run();
  } finally {
    await templates.remove(path);
  }
}

async function jobOf(
  { flags, invocation }: Typed,
  config: RunnerConfig,
  world: World,
): Promise<TemplateJob> {
  const wait = flags.wait ?? config.wait;
  const targets = [...config.templates, ...flags.templates];
  if (targets.length === 0) {
    throw new Failure('invalid', 'nothing to render: give -template or -config');
  }
  const templates: RunnerTemplate[] = [];
  for (const target of targets) {
    const parsed = await readTemplate(target, { config, flags, world });
    templates.push({ ...parsed, ...(wait === undefined ? {} : { wait }), ...ownWait(target) });
  }
  const child = childOf(flags, config);
  return {
    api: await apiOf({ flags, invocation }, config, world),
    templates,
    targets,
    once: flags.once || config.once,
    dry: flags.dry,
    level: levelOf(flags.level ?? config.logLevel, world),
    retry: { ...config.retry, ...flags.retry },
    killSignal: flags.killSignal ?? config.killSignal ?? 'SIGINT',
    reloadSignal: flags.reloadSignal ?? config.reloadSignal ?? 'SIGHUP',
    env: commandEnv(flags, config, world),
    ...(child === undefined || flags.dry ? {} : { child }),
  };
}

function ownWait({ wait }: TemplateSettings): Pick<RunnerTemplate, 'wait'> {
  return wait === undefined ? {} : { wait };
}

interface Around {
  readonly config: RunnerConfig;
  readonly flags: TemplateFlags;
  readonly world: World;
}

async function readTemplate(
  target: TemplateSettings,
  { config, flags, world }: Around,
): Promise<RunnerTemplate> {
  const { source, contents, command } = target;
  const text = contents ?? (await world.files.read(source ?? ''));
  const name = source ?? '(dynamic)';
  const { left, right } = config.delimiters;
  const delimiters = {
    left: firstOf(target.leftDelimiter, flags.left, left),
    right: firstOf(target.rightDelimiter, flags.right, right),
  };
  const parsed = parseWithFunctions({ name, text }, delimiters, target.denied);
  if (isTemplateProblem(parsed)) throw new Failure('invalid', parsed.problem);
  const { errorOnMissingKey } = target;
  const errorFatal = target.errorFatal ?? (flags.errorFatal && config.errorFatal);
  const what = { name, template: parsed, errorOnMissingKey, errorFatal };
  return command === undefined ? what : { ...what, command: commandName(command) };
}

function firstOf(...texts: readonly string[]): string {
  return texts.find((text) => text !== '') ?? '';
}

async function settings({ configs }: TemplateFlags, world: World): Promise<RunnerConfig> {
  let merged: JsonObject = {};
  for (const path of configs) {
    for (const name of path === '-' ? [path] : await world.templates.filesIn(path)) {
      const file = decodeAgentFile(new Source(name, await world.files.read(name)), RUNNER_SETTINGS);
      if (!isAgentFile(file)) {
        throw new Failure('invalid', file.map(formatDiagnostic).join('\n'));
      }
      merged = mergeFiles(merged, file);
    }
  }
  const config = sound(runnerConfig(merged));
  for (const name of [config.killSignal, config.reloadSignal, config.child?.killSignal]) {
    if (name === undefined || name === '' || isTemplateSignal(name)) continue;
    throw new Failure('invalid', `there is no signal "${name}" to listen for`);
  }
  levelOf(config.logLevel, world);
  return config;
}

async function apiOf(
  { flags, invocation }: Typed,
  config: RunnerConfig,
  world: World,
): Promise<Api> {
  const address = flags.address ?? config.address;
  const tokenFile = flags.tokenFile ?? config.tokenFile;
  const token = flags.token ?? (tokenFile === undefined ? config.token : undefined);
  const env = {
    ...world.env,
    ...(address === undefined ? {} : { MUSTER_HTTP_ADDR: address }),
    ...(tokenFile === undefined ? {} : { CONSUL_HTTP_TOKEN_FILE: tokenFile }),
    ...(flags.https || config.https ? { CONSUL_HTTP_SSL: 'true' } : {}),
    CONSUL_HTTP_TOKEN: world.env['CONSUL_HTTP_TOKEN'] ?? world.env['CONSUL_TOKEN'],
  };
  const api = await discoveryApi(invocation, { ...world, env });
  const namespace = flags.namespace ?? config.namespace;
  return api.with({
    ...(token === undefined ? {} : { token }),
    ...(namespace === undefined ? {} : { namespace }),
  });
}

/** Commands find the same agent. */
function commandEnv(
  flags: TemplateFlags,
  config: RunnerConfig,
  world: World,
): Readonly<Record<string, string | undefined>> {
  const address = flags.address ?? config.address;
  const token = flags.token ?? config.token;
  return {
    ...world.env,
    ...(address === undefined ? {} : { CONSUL_HTTP_ADDR: address }),
    ...(token === undefined ? {} : { CONSUL_HTTP_TOKEN: token }),
  };
}

function childOf({ child }: TemplateFlags, config: RunnerConfig): TemplateJob['child'] {
  const { command, ...over } = child;
  const line = command ?? config.child?.command;
  return line === undefined ? undefined : childSettings(line, { ...config.child, ...over });
}

function levelOf(typed: string | undefined, { env }: World): Level {
  const variable = env['CONSUL_TEMPLATE_LOG_LEVEL'] ?? env['CONSUL_TEMPLATE_LOG'];
  const text = typed ?? (variable === undefined || variable === '' ? 'warn' : variable);
  const level = text.toLowerCase();
  if (isLevel(level)) return level;
  throw new Failure('invalid', `no log level "${text}": ${LEVELS.join(', ')}`);
}

function sound<T extends object>(value: T | ConfigTrouble): T {
  if ('problem' in value) throw new Failure('invalid', value.problem);
  return value;
}
