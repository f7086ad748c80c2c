/** The flags of `template`, understood. */
import { parseDuration } from '../base/duration.ts';
import { Failure } from '../base/failure.ts';
import type { Quiescence } from '../core/template/runner.ts';
import type { ChildSettings, RetrySettings } from '../core/template/runner-config.ts';
import {
  parseTemplateFlag,
  parseWaitFlag,
  type ConfigTrouble,
  type TemplateSettings,
} from '../core/template/runner-template.ts';
import type { FlagValues } from './command.ts';
import { isTemplateSignal } from './template-exit.ts';

export interface TemplateFlags {
  readonly configs: readonly string[];
  readonly templates: readonly TemplateSettings[];
  readonly wait: Quiescence | undefined;
  readonly once: boolean;
  readonly dry: boolean;
  readonly parseOnly: boolean;
  readonly errorFatal: boolean;
  readonly level: string | undefined;
  readonly pidFile: string | undefined;
  /** Empty: none. */
  readonly killSignal: string | undefined;
  readonly reloadSignal: string | undefined;
  /** Delimiters; empty: not said. */
  readonly left: string;
  readonly right: string;
  readonly address: string | undefined;
  readonly https: boolean;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly namespace: string | undefined;
  readonly retry: Partial<RetrySettings>;
  readonly child: Partial<ChildSettings>;
}

/** Fails: `invalid`. */
export function templateFlags(flags: FlagValues): TemplateFlags {
  const wait = flags.text('wait');
  return {
    configs: flags.list('config'),
    templates: flags.list('template').map((one) => sound(parseTemplateFlag(one))),
    wait: wait === undefined ? undefined : sound(parseWaitFlag(wait)),
    once: flags.has('once'),
    dry: flags.has('dry'),
    parseOnly: flags.has('parse-only'),
    errorFatal: !flags.denied('template-error-fatal'),
    level: flags.text('log-level'),
    pidFile: flags.text('pid-file'),
    killSignal: signal(flags, 'kill-signal'),
    reloadSignal: signal(flags, 'reload-signal'),
    left: flags.text('default-left-delimiter') ?? '',
    right: flags.text('default-right-delimiter') ?? '',
    address: flags.text('consul-addr') ?? flags.text('http-addr'),
    https: flags.has('consul-ssl'),
    token: flags.text('consul-token') ?? flags.text('token'),
    tokenFile: flags.text('consul-token-file'),
    namespace: flags.text('nomad-namespace'),
    retry: retryOf(flags),
    child: childOf(flags),
  };
}

function retryOf(flags: FlagValues): Partial<RetrySettings> {
  const attemptsMax = flags.number('consul-retry-attempts');
  const atOnce = flags.denied('consul-retry') || flags.has('err-on-failed-lookup');
  const backoffMs = duration(flags, 'consul-retry-backoff') ?? duration(flags, 'retry');
  const backoffMsMax = duration(flags, 'consul-retry-max-backoff');
  return {
    ...(attemptsMax === undefined ? {} : { attemptsMax }),
    ...(atOnce ? { attemptsMax: 1 } : {}),
    ...(backoffMs === undefined ? {} : { backoffMs }),
    ...(backoffMsMax === undefined ? {} : { backoffMsMax }),
  };
}

function childOf(flags: FlagValues): Partial<ChildSettings> {
  const command = flags.text('exec');
  const reloadSignal = signal(flags, 'exec-reload-signal');
  const killSignal = signal(flags, 'exec-kill-signal');
  const killTimeoutMs = duration(flags, 'exec-kill-timeout');
  const splayMs = duration(flags, 'exec-splay');
  return {
    ...(command === undefined ? {} : { command: [command] }),
    ...(reloadSignal === undefined || reloadSignal === '' ? {} : { reloadSignal }),
    ...(killSignal === undefined || killSignal === '' ? {} : { killSignal }),
    ...(killTimeoutMs === undefined ? {} : { killTimeoutMs }),
    ...(splayMs === undefined ? {} : { splayMs }),
  };
}

function duration(flags: FlagValues, name: string): number | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new Failure('invalid', `-${name}: no duration: "${text}"`);
  return ms;
}

function signal(flags: FlagValues, name: string): string | undefined {
  const text = flags.text(name);
  if (text === undefined || text === '' || isTemplateSignal(text)) return text;
  throw new Failure('invalid', `-${name}: there is no signal "${text}" to use`);
}

function sound<T extends object>(value: T | ConfigTrouble): T {
  if ('problem' in value) throw new Failure('invalid', value.problem);
  return value;
}
