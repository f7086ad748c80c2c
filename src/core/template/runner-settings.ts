/**
 * What a configuration file of `muster template` may hold, as a table.
 *
 * Source: consul-template's "Configuration".
 */
import {
  block,
  blocks,
  count,
  duration,
  flag,
  text,
  texts,
  type Setting,
  type Settings,
} from '../agent-config/setting.ts';

/** A line for a shell, or a program and its arguments. */
const command = (note: string): Setting => ({ kind: 'free', note });

const RETRY: Setting = block('when the agent does not answer', {
  enabled: flag('`false` ends at the first failure'),
  attempts: count('ends after so many failures in a row; 0, the default here: never'),
  backoff: duration('before the first attempt; each further waits twice as long'),
  max_backoff: duration('and at most so long'),
});

const WAIT: Setting = block('for all templates that say nothing', {
  enabled: flag('`false` renders at once'),
  min: duration('waits for so long after the last change'),
  max: duration('and for so long after the first at most'),
});

/** Names and reasons of what consul-template has and is not there; see `refusal`. */
const NOT_THERE: Setting = { kind: 'free', note: 'not there' };

/** The blocks and arguments of a configuration file. */
export const RUNNER_SETTINGS: Settings = {
  consul: block('the agent', {
    address: text('`host:port` or a URL'),
    token: text('secret of an access token'),
    token_file: text('a file with it'),
    retry: RETRY,
    namespace: text('empty: there are none'),
    transport: { kind: 'free', note: 'accepted' },
    ssl: block('TLS', {
      enabled: flag('asks by https where the address says nothing'),
      ...Object.fromEntries(
        ['verify', 'cert', 'key', 'ca_cert', 'ca_path', 'server_name'].map((name) => [
          name,
          NOT_THERE,
        ]),
      ),
    }),
    auth: NOT_THERE,
  }),
  nomad: block('the same agent: it answers for both', {
    enabled: flag('accepted'),
    address: text('accepted'),
    token: text('accepted'),
    namespace: text('where variables and services of jobs are looked for'),
    retry: { kind: 'free', note: 'accepted' },
    transport: { kind: 'free', note: 'accepted' },
    ssl: { kind: 'free', note: 'accepted' },
  }),
  template: blocks('a template'),
  wait: WAIT,
  exec: block('a program to keep running', {
    enabled: flag('`false` leaves it out'),
    command: command('the program'),
    splay: duration('waits a random part of it before the program is told'),
    reload_signal: text('sent after a change; without it the program is started again'),
    kill_signal: text('ends it; SIGINT'),
    kill_timeout: duration('before it is killed'),
    timeout: duration('accepted: it runs as long as it likes'),
    env: block('its environment', {
      pristine: flag('nothing but `custom`'),
      custom: texts('`NAME=value`'),
      allowlist: texts('only names that match one of these'),
      denylist: texts('none that match one of these'),
      whitelist: texts('the same as `allowlist`'),
      blacklist: texts('the same as `denylist`'),
    }),
  }),
  once: flag('renders everything once, and ends'),
  parse_only: flag('looks at the templates, and ends'),
  log_level: text('`trace`, `debug`, `info`, `warn` or `err`'),
  pid_file: text('holds the number of the process while it runs'),
  kill_signal: text('ends it; SIGINT, and always SIGTERM'),
  reload_signal: text('reads files and templates again; SIGHUP'),
  block_query_wait: duration('accepted: a question waits a minute for news'),
  max_stale: text('accepted: any server answers, from what it has'),
  template_error_fatal: flag('`false`: a template that goes wrong does not end it'),
  err_on_failed_lookup: flag('ends at the first failure of a question'),
  default_delimiters: block('for templates that say nothing', {
    left: text('`{{`'),
    right: text('`}}`'),
  }),
  deduplicate: { kind: 'free', note: 'accepted: each agent answers from what it has' },
  vault: { kind: 'free', note: 'accepted: there is no store of secrets to ask' },
  max_open_files: count('accepted'),
  syslog: NOT_THERE,
  log_file: NOT_THERE,
  telemetry: NOT_THERE,
};
