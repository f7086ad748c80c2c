/** One `template` block of a configuration file, or flag, of `muster template`. */
import { parseDuration } from '../../base/duration.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { Reader } from '../agent-config/reader.ts';
import type { Quiescence } from './runner.ts';

/** A line for a shell where it is one text, else a program and its arguments. */
export type CommandLine = readonly string[];

/** One template: where from, where to, and what then. */
export type TemplateSettings = Readonly<{
  /** A path; absent with `contents`. */
  source?: string;
  contents?: string;
  destination: string;
  command?: CommandLine;
  /** 0: it is started and not waited for. */
  commandTimeoutMs: number;
  /** Of a new file; one that is there keeps its own where absent. */
  perms?: number;
  /** Names or numbers; absent: as the file that is there. */
  user?: string;
  group?: string;
  /** Keep the file of before as `<destination>.bak`. */
  backup: boolean;
  createDirectories: boolean;
  leftDelimiter: string;
  rightDelimiter: string;
  errorOnMissingKey: boolean;
  /** Absent: as the program says. */
  errorFatal?: boolean;
  /** Functions that it may not call. */
  denied: readonly string[];
  wait?: Quiescence;
}>;

export type ConfigTrouble = Readonly<{ problem: string }>;

/** Source: consul-template's defaults. */
const COMMAND_TIMEOUT_MS = 30_000;
/** `-wait 5s` is `5s:20s`. */
export const WAIT_FACTOR = 4;

const DEFAULTS = {
  commandTimeoutMs: COMMAND_TIMEOUT_MS,
  backup: false,
  createDirectories: true,
  leftDelimiter: '',
  rightDelimiter: '',
  errorOnMissingKey: false,
  denied: [],
} as const;

/** Names of a `template` block; others are mistakes. */
const NAMES: ReadonlySet<string> = new Set([
  ...['source', 'contents', 'destination', 'command', 'command_timeout', 'exec', 'perms', 'backup'],
  ...['create_dest_dirs', 'left_delimiter', 'right_delimiter', 'error_on_missing_key', 'wait'],
  ...['error_fatal', 'user', 'group', 'uid', 'gid', 'function_denylist', 'function_blacklist'],
]);

/** `in.tpl:out.conf:command with: anything`; the command may be left out. */
export function parseTemplateFlag(value: string): TemplateSettings | ConfigTrouble {
  const [source = '', destination = '', ...rest] = value.split(':');
  if (source === '' || destination === '') {
    return { problem: `invalid template "${value}": expected in:out or in:out:command` };
  }
  const command = rest.join(':');
  return { ...DEFAULTS, source, destination, ...(command === '' ? {} : { command: [command] }) };
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

/** @param written a block whose inner blocks are lists of one */
export function templateSettings(written: JsonObject): TemplateSettings | ConfigTrouble {
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
  const wait = waitOf(firstBlock(written['wait']));
  if (wait !== undefined && 'problem' in wait) return wait;
  const command = commandOf(written);
  if ('problem' in command) return command;
  return {
    ...DEFAULTS,
    ...given('source', source),
    ...given('contents', contents),
    destination,
    ...command,
    ...given('perms', perms),
    ...given('user', word(written['user'] ?? written['uid'])),
    ...given('group', word(written['group'] ?? written['gid'])),
    backup: reader.flag('backup', false),
    createDirectories: reader.flag('create_dest_dirs', true),
    leftDelimiter: reader.text('left_delimiter', ''),
    rightDelimiter: reader.text('right_delimiter', ''),
    errorOnMissingKey: reader.flag('error_on_missing_key', false),
    ...given('errorFatal', reader.flag('error_fatal')),
    denied: [...reader.texts('function_denylist'), ...reader.texts('function_blacklist')],
    ...given('wait', wait),
  };
}

/** A text is a line for a shell, a list a program and its arguments. Undefined: there is none. */
export function commandLine(value: Json | undefined): CommandLine | ConfigTrouble | undefined {
  const words = typeof value === 'string' ? [value] : (value ?? []);
  const isList = Array.isArray(words) && words.every((one) => typeof one === 'string');
  if (!isList) return { problem: '"command" is neither a text nor a list of texts' };
  return words.length === 0 || words[0] === '' ? undefined : words;
}

function commandOf(
  written: JsonObject,
): Pick<TemplateSettings, 'command' | 'commandTimeoutMs'> | ConfigTrouble {
  const exec = firstBlock(written['exec']);
  const line = commandLine(exec['command'] ?? written['command']);
  if (line !== undefined && 'problem' in line) return { problem: `template: ${line.problem}` };
  const timeout = exec['timeout'] ?? written['command_timeout'];
  const timeoutMs =
    timeout === undefined
      ? COMMAND_TIMEOUT_MS
      : typeof timeout === 'string'
        ? parseDuration(timeout)
        : undefined;
  if (timeoutMs === undefined || timeoutMs < 0) {
    return { problem: `template: "${JSON.stringify(timeout)}" is no time for a command` };
  }
  return { ...given('command', line), commandTimeoutMs: timeoutMs };
}

function word(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** `0644` or `"0644"`: both are octal, as the digits are written. */
function permissions(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  const digits = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^0?[0-7]{3,4}$/.test(digits) ? parseInt(digits, 8) : NaN;
}

/** Free blocks come as lists of one. */
function firstBlock(value: Json | undefined): JsonObject {
  const first = Array.isArray(value) ? (value as readonly Json[])[0] : value;
  const isBlock = typeof first === 'object' && first !== null && !Array.isArray(first);
  return isBlock ? (first as JsonObject) : {};
}

function waitOf(block: JsonObject): Quiescence | ConfigTrouble | undefined {
  const reader = new Reader(block, 'wait');
  const [min, max] = [reader.text('min'), reader.text('max')];
  if (min === undefined || reader.flag('enabled') === false) return undefined;
  return parseWaitFlag(max === undefined ? min : `${min}:${max}`);
}

/** Nothing for what is not there. */
export function given<K extends string, V>(
  name: K,
  value: V | undefined,
): Readonly<Partial<Record<K, V>>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<K, V>>;
}
