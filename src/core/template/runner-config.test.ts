import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAgentFile, isAgentFile } from '../agent-config/decode.ts';
import { Source } from '../hcl/source.ts';
import {
  parseTemplateFlag,
  parseWaitFlag,
  RUNNER_SETTINGS,
  runnerConfig,
} from './runner-config.ts';

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
    [0o600, true, 'reload', '<<', { minMs: 1_000, maxMs: 4_000 }],
  );
  assert.deepEqual([second?.command, second?.commandTimeoutMs], ['x', 3_000]);
  assert.deepEqual(config.child, {
    ...{ command: 'server', reloadSignal: 'SIGHUP', killSignal: 'SIGTERM' },
    ...{ killTimeoutMs: 30_000, splayMs: 2_000 },
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

test('flags say the same in short', () => {
  const flag = parseTemplateFlag("in:out:sh -c 'a:b'");
  assert.ok(!('problem' in flag));
  assert.deepEqual([flag.source, flag.destination, flag.command], ['in', 'out', "sh -c 'a:b'"]);
  assert.ok('problem' in parseTemplateFlag('in'));
  assert.deepEqual(parseWaitFlag('5s'), { minMs: 5_000, maxMs: 20_000 });
  assert.deepEqual(parseWaitFlag('1s:2s'), { minMs: 1_000, maxMs: 2_000 });
  for (const bad of ['x', '5s:1s', '1s:2s:3s', '']) assert.ok('problem' in parseWaitFlag(bad), bad);
});
