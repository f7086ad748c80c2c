import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAgentFile, isAgentFile } from '../agent-config/decode.ts';
import { Source } from '../hcl/source.ts';
import { runnerConfig } from './runner-config.ts';
import { RUNNER_SETTINGS } from './runner-settings.ts';

function read(text: string): ReturnType<typeof runnerConfig> {
  const file = decodeAgentFile(new Source('ct.hcl', text), RUNNER_SETTINGS);
  assert.ok(isAgentFile(file), JSON.stringify(file));
  return runnerConfig(file);
}

test('a file of consul-template is read', () => {
  const config = read(`
    consul { address = "127.0.0.1:8500" }
    log_level = "info"
    wait {
      min = "5s"
      max = "10s"
    }
    template {
      source = "in.tpl"
      destination = "out.conf"
      command = "reload"
      perms = 0600
      backup = true
      left_delimiter = "<<"
      right_delimiter = ">>"
      error_on_missing_key = true
      wait { min = "1s" }
    }
    template {
      contents = "{{ key \\"a\\" }}"
      destination = "b"
      exec {
        command = "x"
        timeout = "3s"
      }
    }
    exec {
      command = "server"
      reload_signal = "SIGHUP"
      splay = "2s"
    }
  `);
  assert.ok(!('problem' in config));
  assert.deepEqual(config.wait, { minMs: 5_000, maxMs: 10_000 });
  const [first, second] = config.templates;
  assert.deepEqual(
    [first?.perms, first?.backup, first?.command, first?.leftDelimiter, first?.wait],
    [0o600, true, ['reload'], '<<', { minMs: 1_000, maxMs: 4_000 }],
  );
  assert.deepEqual([second?.command, second?.commandTimeoutMs], [['x'], 3_000]);
  assert.deepEqual(config.child, {
    ...{ command: ['server'], reloadSignal: 'SIGHUP', killSignal: 'SIGINT' },
    ...{ killTimeoutMs: 30_000, splayMs: 2_000 },
    env: { pristine: false, custom: [], allowed: [], denied: [] },
  });
});

test('what is missing or unknown is told', () => {
  const rows: readonly (readonly [file: string, problem: RegExp])[] = [
    ['template {\n source = "a"\n}', /"destination" is required/],
    ['template {\n destination = "a"\n}', /one of "source" and "contents"/],
    ['template {\n source = "a"\n destination = "b"\n nope = 1\n}', /unknown argument "nope"/],
    ['template {\n source = "a"\n destination = "b"\n perms = "9"\n}', /no octal number/],
  ];
  for (const [file, problem] of rows) {
    const config = read(file);
    assert.match('problem' in config ? config.problem : '', problem);
  }
});

test('what is written in every other key', () => {
  const config = read(`
    once = true
    parse_only = true
    pid_file = "/run/ct.pid"
    kill_signal = "SIGTERM"
    reload_signal = ""
    template_error_fatal = false
    max_stale = "10m"
    block_query_wait = "30s"
    default_delimiters {
      left = "<<"
      right = ">>"
    }
    deduplicate {
      enabled = true
      prefix = "x"
    }
    vault { renew_token = false }
    syslog { enabled = false }
    nomad { namespace = "prod" }
    consul {
      token_file = "/t"
      ssl { enabled = true }
      retry {
        attempts = 5
        backoff = "1s"
        max_backoff = "4s"
      }
    }
    template {
      source = "a"
      destination = "b"
      command = ["cat", "b c"]
      command_timeout = "0s"
      user = "www-data"
      gid = 33
      error_fatal = true
      function_denylist = ["env"]
    }
    exec {
      command = ["server", "-x"]
      env {
        pristine = true
        custom = ["A=b"]
        whitelist = ["C*"]
      }
    }
  `);
  assert.ok(!('problem' in config), JSON.stringify(config));
  assert.deepEqual(config.retry, { attemptsMax: 5, backoffMs: 1_000, backoffMsMax: 4_000 });
  assert.deepEqual([config.once, config.parseOnly, config.errorFatal], [true, true, false]);
  assert.deepEqual([config.killSignal, config.reloadSignal], ['SIGTERM', '']);
  assert.deepEqual([config.pidFile, config.tokenFile, config.https], ['/run/ct.pid', '/t', true]);
  assert.deepEqual([config.namespace, config.delimiters.left], ['prod', '<<']);
  const [one] = config.templates;
  assert.ok(one !== undefined && config.child !== undefined);
  assert.deepEqual([one.command, one.commandTimeoutMs], [['cat', 'b c'], 0]);
  assert.deepEqual([one.user, one.group, one.denied], ['www-data', '33', ['env']]);
  assert.equal(one.errorFatal, true);
  assert.deepEqual(config.child.command, ['server', '-x']);
  assert.deepEqual(config.child.env, {
    ...{ pristine: true, custom: ['A=b'], allowed: ['C*'], denied: [] },
  });
});

test('what is not there is refused by name, with the reason', () => {
  for (const [file, problem] of [
    ['syslog { enabled = true }', /"syslog" is not there: .*logger/],
    ['log_file { path = "/x" }', /"log_file" is not there/],
    ['telemetry { prometheus { port = 1 } }', /"telemetry" is not there/],
    ['consul { auth { username = "a" } }', /"consul.auth" is not there/],
    ['consul { ssl { ca_cert = "a" } }', /"consul.ssl.ca_cert" is not there/],
    ['consul { namespace = "a" }', /"consul.namespace" is not there/],
    ['exec { command = 5 }', /neither a text nor a list/],
  ] as const) {
    const config = read(file.replaceAll('{ ', '{\n').replaceAll(' }', '\n}'));
    assert.match('problem' in config ? config.problem : '', problem);
  }
});
