/**
 * What `muster template` is told to do: in flags (`in:out:command`) and in files of
 * consul-template's form.
 *
 * Source: consul-template's "Configuration".
 */
import { parseDuration } from '../../base/duration.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { Reader } from '../agent-config/reader.ts';
import {
  block,
  blocks,
  count,
  duration,
  flag,
  text,
  type Settings,
} from '../agent-config/setting.ts';
import type { Quiescence } from './runner.ts';

/** One template: where from, where to, and what then. */
export type TemplateSettings = Readonly<{
  /** A path; absent with `contents`. */
  source?: string;
  contents?: string;
  destination: string;
  command?: string;
  commandTimeoutMs: number;
  /** Of a new file; one that is there keeps its own where absent. */
  perms?: number;
  /** Keep the file of before as `<destination>.bak`. */
  backup: boolean;
  createDirectories: boolean;
  leftDelimiter: string;
  rightDelimiter: string;
  errorOnMissingKey: boolean;
  wait?: Quiescence;
}>;

/** The program that is kept running in exec mode. */
export type ChildSettings = Readonly<{
  command: string;
  /** Sent when files have changed; absent: it is stopped and started again. */
  reloadSignal?: string;
  killSignal: string;
  killTimeoutMs: number;
  /** Waits a random part of it before it is told [ms], so that not all machines act at once. */
  splayMs: number;
}>;

/** What files say; flags count more. */
export type RunnerConfig = Readonly<{
  templates: readonly TemplateSettings[];
  wait?: Quiescence;
  child?: ChildSettings;
  logLevel?: string;
  address?: string;
  token?: string;
}>;

export type ConfigTrouble = Readonly<{ problem: string }>;

/** Source: consul-template's defaults. */
const COMMAND_TIMEOUT_MS = 30_000;
const KILL_TIMEOUT_MS = 30_000;
/** `-wait 5s` is `5s:20s`. */
const WAIT_FACTOR = 4;

const WAIT: Settings = {
  enabled: flag('`false` renders at once'),
  min: duration('waits for so long after the last change'),
  max: duration('and for so long after the first at most'),
};

/** The blocks and arguments of a configuration file. */
export const RUNNER_SETTINGS: Settings = {
  consul: block('the agent', {
    address: text('`host:port` or a URL'),
    token: text('secret of an access token'),
  }),
  template: blocks('a template'),
  wait: block('for all templates that say nothing', WAIT),
  exec: block('a program to keep running', {
    command: text('the program, for a shell'),
    splay: duration('waits a random part of it before the program is told'),
    reload_signal: text('sent after a change; without it the program is started again'),
    kill_signal: text('ends it'),
    kill_timeout: duration('before it is killed'),
  }),
  log_level: text('`trace`, `debug`, `info`, `warn` or `err`'),
  block_query_wait: text('accepted'),
  max_stale: text('accepted'),
  reload_signal: text('accepted'),
  kill_signal: text('accepted'),
  pid_file: text('accepted'),
  max_open_files: count('accepted'),
};

/** Reads a decoded file. */
export function runnerConfig(file: JsonObject): RunnerConfig | ConfigTrouble {
  const root = new Reader(file, '');
  const templates: TemplateSettings[] = [];
  for (const written of root.objects('template')) {
    const settings = templateSettings(written);
    if ('problem' in settings) return settings;
    templates.push(settings);
  }
  const wait = quiescence(root.block('wait'));
  const exec = root.block('exec');
  const command = exec.text('command');
  const consul = root.block('consul');
  return {
    templates,
    ...given('wait', wait),
    ...given('child', command === undefined ? undefined : childOf(command, exec)),
    ...given('logLevel', root.text('log_level')),
    ...given('address', consul.text('address')),
    ...given('token', consul.text('token')),
  };
}

/** A program with the usual ways to tell it. */
export function childSettings(
  command: string,
  over: Readonly<Partial<Omit<ChildSettings, 'command'>>> = {},
): ChildSettings {
  return { command, killSignal: 'SIGTERM', killTimeoutMs: KILL_TIMEOUT_MS, splayMs: 0, ...over };
}

function childOf(command: string, exec: Reader): ChildSettings {
  const reloadSignal = exec.text('reload_signal');
  return childSettings(command, {
    ...(reloadSignal === undefined || reloadSignal === '' ? {} : { reloadSignal }),
    killSignal: exec.text('kill_signal', 'SIGTERM'),
    killTimeoutMs: exec.count('kill_timeout', KILL_TIMEOUT_MS),
    splayMs: exec.count('splay', 0),
  });
}

/** `in.tpl:out.conf:command with: anything`; the command may be left out. */
export function parseTemplateFlag(value: string): TemplateSettings | ConfigTrouble {
  const [source = '', destination = '', ...rest] = value.split(':');
  if (source === '' || destination === '') {
    return { problem: `invalid template "${value}": expected in:out or in:out:command` };
  }
  const command = rest.join(':');
  return { ...DEFAULTS, source, destination, ...(command === '' ? {} : { command }) };
}

/** `5s` or `5s:20s`. */
export function parseWaitFlag(value: string): Quiescence | ConfigTrouble {
  const [minText = '', maxText, ...rest] = value.split(':');
  const minMs = parseDuration(minText.trim());
  const maxMs = maxText === undefined ? undefined : parseDuration(maxText.trim());
  const isBad = minMs === undefined || minMs < 0 || rest.length > 0;
  if (isBad || (maxText !== undefined && maxMs === undefined)) {
    return { problem: `invalid wait "${value}": expected min or min:max, such as 5s:20s` };
  }
  if (maxMs !== undefined && maxMs < minMs) {
    return { problem: `invalid wait "${value}": min must be at most max` };
  }
  return { minMs, maxMs: maxMs ?? minMs * WAIT_FACTOR };
}

const DEFAULTS = {
  commandTimeoutMs: COMMAND_TIMEOUT_MS,
  backup: false,
  createDirectories: true,
  leftDelimiter: '',
  rightDelimiter: '',
  errorOnMissingKey: false,
} as const;

/** Names of a `template` block; others are mistakes. */
const NAMES: ReadonlySet<string> = new Set([
  ...['source', 'contents', 'destination', 'command', 'command_timeout', 'exec', 'perms', 'backup'],
  ...['create_dest_dirs', 'left_delimiter', 'right_delimiter', 'error_on_missing_key', 'wait'],
]);

function templateSettings(written: JsonObject): TemplateSettings | ConfigTrouble {
  const unknown = Object.keys(written).find((name) => !NAMES.has(name));
  if (unknown !== undefined) return { problem: `template: unknown argument "${unknown}"` };
  const reader = new Reader(written, 'template');
  const [source, contents] = [reader.text('source'), reader.text('contents')];
  const destination = reader.text('destination', '');
  if (destination === '') return { problem: 'template: "destination" is required' };
  if ((source === undefined) === (contents === undefined)) {
    return { problem: 'template: one of "source" and "contents" is required' };
  }
  const perms = permissions(written['perms']);
  if (Number.isNaN(perms)) return { problem: 'template: "perms" is no octal number: 0644' };
  const exec = firstBlock(written['exec'], 'exec');
  const wait = waitOf(firstBlock(written['wait'], 'wait'));
  if (wait !== undefined && 'problem' in wait) return wait;
  return {
    ...DEFAULTS,
    ...given('source', source),
    ...given('contents', contents),
    destination,
    ...given('command', exec.text('command') ?? reader.text('command')),
    commandTimeoutMs:
      milliseconds(exec.text('timeout') ?? reader.text('command_timeout')) ?? COMMAND_TIMEOUT_MS,
    ...given('perms', perms),
    backup: reader.flag('backup', false),
    createDirectories: reader.flag('create_dest_dirs', true),
    leftDelimiter: reader.text('left_delimiter', ''),
    rightDelimiter: reader.text('right_delimiter', ''),
    errorOnMissingKey: reader.flag('error_on_missing_key', false),
    ...given('wait', wait),
  };
}

/** `0644` or `"0644"`: both are octal, as the digits are written. */
function permissions(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^0?[0-7]{3,4}$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** Free blocks come as lists of one. */
function firstBlock(value: Json | undefined, path: string): Reader {
  const first = Array.isArray(value) ? (value as readonly Json[])[0] : value;
  const isBlock = typeof first === 'object' && first !== null && !Array.isArray(first);
  return new Reader(isBlock ? (first as JsonObject) : {}, path);
}

function waitOf(reader: Reader): Quiescence | ConfigTrouble | undefined {
  const [min, max] = [reader.text('min'), reader.text('max')];
  if (min === undefined || reader.flag('enabled') === false) return undefined;
  return parseWaitFlag(max === undefined ? min : `${min}:${max}`);
}

function quiescence(reader: Reader): Quiescence | undefined {
  const minMs = reader.count('min');
  if (minMs === undefined || reader.flag('enabled') === false) return undefined;
  return { minMs, maxMs: reader.count('max', minMs * WAIT_FACTOR) };
}

function milliseconds(value: string | undefined): number | undefined {
  return value === undefined ? undefined : parseDuration(value);
}

function given<K extends string, V>(
  name: K,
  value: V | undefined,
): Readonly<Partial<Record<K, V>>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<K, V>>;
}
