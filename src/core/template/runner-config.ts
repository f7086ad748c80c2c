/**
 * What `muster template` is told to do by files of consul-template's form.
 *
 * Source: consul-template's "Configuration".
 */
import type { JsonObject } from '../../base/json.ts';
import { Reader } from '../agent-config/reader.ts';
import type { ChildEnvironment } from './child-environment.ts';
import type { Quiescence } from './runner.ts';
import {
  commandLine,
  given,
  templateSettings,
  WAIT_FACTOR,
  type CommandLine,
  type ConfigTrouble,
  type TemplateSettings,
} from './runner-template.ts';

/** The program that is kept running in exec mode. */
export type ChildSettings = Readonly<{
  command: CommandLine;
  /** Sent when files have changed; absent: it is stopped and started again. */
  reloadSignal?: string;
  killSignal: string;
  killTimeoutMs: number;
  /** Waits a random part of it before it is told [ms], so that not all machines act at once. */
  splayMs: number;
  env?: ChildEnvironment;
}>;

/** When to give up on an agent that does not answer. */
export type RetrySettings = Readonly<{
  /** Failures in a row; 0: never. */
  attemptsMax: number;
  backoffMs?: number;
  /** 0: no bound. */
  backoffMsMax?: number;
}>;

/** What files say; flags count more. */
export type RunnerConfig = Readonly<{
  templates: readonly TemplateSettings[];
  wait?: Quiescence;
  child?: ChildSettings;
  logLevel?: string;
  address?: string;
  https: boolean;
  token?: string;
  tokenFile?: string;
  namespace?: string;
  retry: RetrySettings;
  once: boolean;
  parseOnly: boolean;
  errorFatal: boolean;
  pidFile?: string;
  /** Empty: none. */
  killSignal?: string;
  reloadSignal?: string;
  delimiters: Readonly<{ left: string; right: string }>;
}>;

const KILL_TIMEOUT_MS = 30_000;

/** What consul-template has and is not there, and why. */
const REFUSED: readonly (readonly [path: string, why: string])[] = [
  ['syslog', 'it tells on standard error; `| logger` takes it to syslog'],
  ['log_file', 'it tells on standard error; whoever starts it keeps what it says'],
  ['telemetry', 'the agent tells its metrics, this program none'],
  ['consul.auth', 'agents know tokens, and no user names'],
  ...['cert', 'key', 'ca_cert', 'ca_path', 'server_name', 'verify'].map(
    (name) => [`consul.ssl.${name}`, 'https is asked for with what Node trusts'] as const,
  ),
];

/** Reads a decoded file. */
export function runnerConfig(file: JsonObject): RunnerConfig | ConfigTrouble {
  const refused = REFUSED.find(([path]) => isAsked(file, path.split('.')));
  if (refused !== undefined) return { problem: `"${refused[0]}" is not there: ${refused[1]}` };
  const root = new Reader(file, '');
  const templates: TemplateSettings[] = [];
  for (const written of root.objects('template')) {
    const settings = templateSettings(written);
    if ('problem' in settings) return settings;
    templates.push(settings);
  }
  const child = childOf(root.block('exec'));
  if (child !== undefined && 'problem' in child) return child;
  const consul = root.block('consul');
  if (consul.text('namespace', '') !== '') {
    return { problem: '"consul.namespace" is not there: keys and services have no namespaces' };
  }
  const delimiters = root.block('default_delimiters');
  return {
    templates,
    ...given('wait', quiescence(root.block('wait'))),
    ...given('child', child),
    ...given('logLevel', root.text('log_level')),
    ...given('address', consul.text('address')),
    https: consul.block('ssl').flag('enabled', false),
    ...given('token', consul.text('token')),
    ...given('tokenFile', consul.text('token_file')),
    ...given('namespace', root.block('nomad').text('namespace')),
    retry: retryOf(consul.block('retry'), root.flag('err_on_failed_lookup', false)),
    once: root.flag('once', false),
    parseOnly: root.flag('parse_only', false),
    errorFatal: root.flag('template_error_fatal', true),
    ...given('pidFile', root.text('pid_file')),
    ...given('killSignal', root.text('kill_signal')),
    ...given('reloadSignal', root.text('reload_signal')),
    delimiters: { left: delimiters.text('left', ''), right: delimiters.text('right', '') },
  };
}

/** A program with the usual ways to tell it. */
export function childSettings(
  command: CommandLine,
  over: Readonly<Partial<Omit<ChildSettings, 'command'>>> = {},
): ChildSettings {
  return { command, killSignal: 'SIGINT', killTimeoutMs: KILL_TIMEOUT_MS, splayMs: 0, ...over };
}

function childOf(exec: Reader): ChildSettings | ConfigTrouble | undefined {
  const command = commandLine(exec.free('command'));
  if (command !== undefined && 'problem' in command) return { problem: `exec: ${command.problem}` };
  if (command === undefined || exec.flag('enabled') === false) return undefined;
  const reloadSignal = exec.text('reload_signal', '');
  const env = exec.block('env');
  return childSettings(command, {
    ...given('reloadSignal', reloadSignal === '' ? undefined : reloadSignal),
    killSignal: exec.text('kill_signal', 'SIGINT'),
    killTimeoutMs: exec.count('kill_timeout', KILL_TIMEOUT_MS),
    splayMs: exec.count('splay', 0),
    env: {
      pristine: env.flag('pristine', false),
      custom: env.texts('custom'),
      allowed: [...env.texts('allowlist'), ...env.texts('whitelist')],
      denied: [...env.texts('denylist'), ...env.texts('blacklist')],
    },
  });
}

function retryOf(retry: Reader, atOnce: boolean): RetrySettings {
  const isOff = atOnce || retry.flag('enabled') === false;
  return {
    attemptsMax: isOff ? 1 : retry.count('attempts', 0),
    ...given('backoffMs', retry.count('backoff')),
    ...given('backoffMsMax', retry.count('max_backoff')),
  };
}

/** A block that says no more than that it is off asks for nothing. */
function isAsked(file: JsonObject, [name = '', ...rest]: readonly string[]): boolean {
  const value = file[name];
  if (rest.length > 0) {
    const isBlock = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isBlock && isAsked(value as JsonObject, rest);
  }
  if (value === undefined || value === '') return false;
  const isBlock = typeof value === 'object' && value !== null && !Array.isArray(value);
  return !(isBlock && (value as JsonObject)['enabled'] === false);
}

function quiescence(reader: Reader): Quiescence | undefined {
  const minMs = reader.count('min');
  if (minMs === undefined || reader.flag('enabled') === false) return undefined;
  return { minMs, maxMs: reader.count('max', minMs * WAIT_FACTOR) };
}
