import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { untilAborted } from '../run/aborted.ts';
import type { UserEvent } from '../core/model/user-event.ts';
import { systemClock } from '../io/clock.ts';
import { systemCommands } from '../io/command/commands.ts';
import { readProcess } from '../io/proc/process.ts';
import { RemoteExec, type RemoteExecServers } from './remote-exec.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Servers with one session's keys, and events that a test fires. */
class Servers implements RemoteExecServers {
  readonly keys = new Map<string, string>();
  readonly #events: UserEvent[] = [];
  #wake: () => void = () => undefined;
  gone = false;

  fire(session: string): void {
    const lTime = this.#events.length + 1;
    this.#events.push({
      id: `e${lTime}`,
      name: '_rexec',
      payload: base64(JSON.stringify({ Prefix: '_rexec', Session: session })),
      ...{ nodeFilter: '', serviceFilter: '', tagFilter: '', lTime },
      createIndex: lTime as Index,
      modifyIndex: lTime as Index,
    });
    this.#wake();
  }

  async events(
    after: string | undefined,
    signal: AbortSignal,
  ): ReturnType<RemoteExecServers['events']> {
    if (after === String(this.#events.length)) {
      const fired = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([fired, untilAborted(signal)]);
    }
    return { events: [...this.#events], index: String(this.#events.length) };
  }

  value(key: string): Promise<string | undefined> {
    return Promise.resolve(this.keys.get(key));
  }

  put(_: unknown, key: string, value: Uint8Array): Promise<boolean> {
    if (!this.gone) this.keys.set(key, Buffer.from(value).toString('base64'));
    return Promise.resolve(!this.gone);
  }

  text(prefix: string): string {
    return [...this.keys]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => Buffer.from(value, 'base64').toString())
      .join('');
  }
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !what(); i++)
    await systemClock.sleep(10, new AbortController().signal);
  assert.ok(what(), 'in time');
}

function begin(servers: Servers): { stop(): Promise<void> } {
  const stop = new AbortController();
  const note = (): void => undefined;
  const exec = new RemoteExec({
    ...{ nodeName: 'n', servers, commands: systemCommands, clock: systemClock, note },
  });
  const done = exec.run(stop.signal);
  return {
    async stop() {
      stop.abort();
      await done;
    },
  };
}

test('RE1: what is asked for is run once, its output and exit code are written', async () => {
  const servers = new Servers();
  const command = 'printf one; sleep 0.1; head -c 9000 /dev/zero | tr "\\0" x; exit 3';
  servers.keys.set('_rexec/old/job', base64('{"Command":"true"}'));
  servers.keys.set('_rexec/s/job', base64(JSON.stringify({ Command: command })));
  servers.fire('old');
  const running = begin(servers);
  servers.fire('s');
  await until(() => servers.keys.has('_rexec/s/n/exit'));
  assert.equal(servers.text('_rexec/s/n/exit'), '3');
  assert.equal(servers.text('_rexec/s/n/out/'), `one${'x'.repeat(9000)}`);
  assert.equal(servers.keys.has('_rexec/old/n/ack'), false);
  await running.stop();
});

test('a script and what cannot be started', async () => {
  const servers = new Servers();
  const script = base64('#!/bin/sh\necho from a script\n');
  servers.keys.set('_rexec/a/job', base64(JSON.stringify({ Script: script })));
  servers.keys.set('_rexec/b/job', base64(JSON.stringify({ Args: ['/no/such'] })));
  const running = begin(servers);
  servers.fire('a');
  servers.fire('b');
  await until(() => servers.keys.has('_rexec/a/n/exit') && servers.keys.has('_rexec/b/n/exit'));
  assert.equal(servers.text('_rexec/a/n/out/'), 'from a script\n');
  assert.match(servers.text('_rexec/b/n/out/'), /cannot start "\/no\/such"/);
  assert.equal(servers.text('_rexec/b/n/exit'), '127');
  await running.stop();
});

test('RE2: a command whose session is gone is killed with its children', async () => {
  const servers = new Servers();
  const command = 'sleep 1000 & echo $$ $!; while :; do echo; sleep 0.1; done';
  servers.keys.set('_rexec/s/job', base64(JSON.stringify({ Command: command })));
  const running = begin(servers);
  servers.fire('s');
  await until(() => servers.keys.has('_rexec/s/n/out/00000'));
  const pids = servers.text('_rexec/s/n/out/00000').trim().split(' ');
  assert.equal(pids.length, 2);
  servers.gone = true;
  await until(() => pids.every((pid) => readProcess(Number(pid)) === undefined));
  await running.stop();
});

test('RE3: a silent command gives signs of life, and is killed when its session is gone', async () => {
  const servers = new Servers();
  const job = { Command: 'echo $$; exec sleep 1000', Wait: 250e6 };
  servers.keys.set('_rexec/s/job', base64(JSON.stringify(job)));
  const running = begin(servers);
  servers.fire('s');
  const pid = (): number => Number(servers.text('_rexec/s/n/out/'));
  const pieces = (): number =>
    [...servers.keys.keys()].filter((key) => key.startsWith('_rexec/s/n/out/')).length;
  await until(() => pid() > 0 && pieces() > 3);
  servers.gone = true;
  await until(() => readProcess(pid()) === undefined);
  await running.stop();
});
