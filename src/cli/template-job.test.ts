import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { WireRequest, WireResponse } from '../api/api.ts';
import { Failure } from '../base/failure.ts';
import { replaceFile } from '../io/template/replace-file.ts';
import { filesIn, removeFile } from '../io/template/files.ts';
import { startCommand } from '../io/template/shell.ts';
import { COMMANDS } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import { testWorld, type TestWorld } from './test-world.fixture.ts';
import type { World } from './world.ts';

/** Keys that wait for changes as an agent does, and everything asked for. */
class Store {
  readonly asked: string[] = [];
  readonly #keys = new Map<string, string>();
  #index = 1;
  #changed = new AbortController();

  put(key: string, value: string): void {
    this.#keys.set(key, value);
    this.#index++;
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  readonly send = async (request: WireRequest, signal?: AbortSignal): Promise<WireResponse> => {
    this.asked.push(request.path);
    const index = Number(/[?&]index=(\d+)/.exec(request.path)?.[1] ?? 0);
    while (index === this.#index && signal?.aborted !== true) {
      const either = AbortSignal.any([this.#changed.signal, ...(signal ? [signal] : [])]);
      await delay(10_000, undefined, { signal: either }).catch(() => undefined);
    }
    const value = this.#keys.get(/\/v1\/kv\/([^?]*)/.exec(request.path)?.[1] ?? '');
    const at = { Flags: 0, LockIndex: 0, CreateIndex: 1, ModifyIndex: 1 };
    const pair = { Key: 'a', Value: Buffer.from(value ?? '').toString('base64'), ...at };
    return {
      status: value === undefined ? 404 : 200,
      headers: { 'x-consul-index': String(this.#index) },
      body: (async function* () {
        await Promise.resolve();
        if (value !== undefined) yield new TextEncoder().encode(JSON.stringify([pair]));
      })(),
    };
  };
}

/** A world with real files, programs and time, and a store for an agent. */
function world(store: Store, over: Partial<World> = {}): TestWorld {
  const base = testWorld();
  return testWorld({
    connect: () => ({ send: store.send }),
    files: { ...base.files, read: (path) => readFile(path, 'utf8') },
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
    templates: {
      ...base.templates,
      replace: replaceFile,
      start: (command, env) => Promise.resolve(startCommand(command, env)),
      filesIn,
      remove: removeFile,
    },
    ...over,
  });
}

async function inDirectory(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'template-'));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

const LATE_MS = 60_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LATE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`still not: ${what}`);
    await delay(10);
  }
}

const contentOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

test('once: everything is rendered, its command has run, and it ends', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', '1');
    const [source, out] = [join(dir, 'in.tpl'), join(dir, 'sub/out')];
    await writeFile(source, 'a={{ key "a" }} {{ keyOrDefault "b" "none" }}');
    const flag = `${source}:${out}:echo ran >${join(dir, 'ran')}`;
    const one = world(store);
    assert.equal(await runProgram(COMMANDS, ['template', '-once', '-template', flag], one), 0);
    assert.equal(await contentOf(out), 'a=1 none');
    assert.equal(await contentOf(join(dir, 'ran')), 'ran\n');
    assert.equal(one.complained(), '');
    assert.equal(store.asked.filter((path) => !path.includes('index=')).length, 2);
  });
});

test('a file follows its keys, its command runs on changes only, one query for each key', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', '1');
    const [source, out, runs] = [join(dir, 'in.tpl'), join(dir, 'out'), join(dir, 'runs')];
    await writeFile(source, '{{ key "a" }}');
    const stop = new AbortController();
    const one = world(store, { signal: stop.signal });
    const flags = ['-template', `${source}:${out}:cat ${out} >>${runs}`];
    const same = ['-template', `${source}:${out}2`];
    const running = runProgram(COMMANDS, ['template', ...flags, ...same], one);
    await until('rendered', async () => (await contentOf(runs)) === '1');
    store.put('other', 'x');
    store.put('a', '2');
    await until('followed', async () => (await contentOf(runs)) === '12');
    assert.equal(await contentOf(`${out}2`), '2');
    stop.abort();
    assert.equal(await running, 12);
    const first = store.asked.filter((path) => !path.includes('index='));
    assert.equal(first.length, 1);
  });
});

test('a program is kept running, told of changes, and ended with us', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', '1');
    const [source, out, said] = [join(dir, 'in.tpl'), join(dir, 'out'), join(dir, 'said')];
    await writeFile(source, '{{ key "a" }}');
    const script = [
      `trap 'echo told $(cat ${out}) >>${said}' HUP`,
      `trap 'echo ended >>${said}; exit 0' INT`,
      `echo started $(cat ${out}) >>${said}`,
      'while :; do sleep 0.05; done',
    ];
    await writeFile(join(dir, 'program'), script.join('\n'));
    const stop = new AbortController();
    const one = world(store, { signal: stop.signal });
    const exec = ['-exec', `exec sh ${join(dir, 'program')}`, '-exec-reload-signal', 'SIGHUP'];
    const words = ['template', '-template', `${source}:${out}`, ...exec];
    const running = runProgram(COMMANDS, words, one);
    await until('started', async () => (await contentOf(said)) === 'started 1\n');
    store.put('a', '2');
    await until('told', async () => (await contentOf(said)).includes('told 2'));
    stop.abort();
    assert.equal(await running, 12);
    assert.match(await contentOf(said), /ended\n$/);
  });
});

test('what is wrong is told before anything is done', async () => {
  await inDirectory(async (dir) => {
    const source = join(dir, 'in.tpl');
    await writeFile(source, '{{ nope }}');
    const config = join(dir, 'bad.hcl');
    await writeFile(config, 'nope = 1');
    const rows: readonly (readonly [number, words: readonly string[], said: RegExp])[] = [
      [14, [], /nothing to render/],
      [13, ['-template', 'x'], /expected in:out/],
      [14, ['-template', `${source}:out`], /in\.tpl:1: function "nope" not defined/],
      [13, ['-template', `${source}:out`, '-wait', 'x'], /invalid wait "x"/],
      [13, ['-kill-signal', 'SIGKILL'], /no signal "SIGKILL"/],
      [15, ['-config', config], /nope/],
      [15, ['-config', join(dir, 'none')], /cannot read/],
    ];
    for (const [code, words, said] of rows) {
      const one = world(new Store());
      assert.equal(await runProgram(COMMANDS, ['template', ...words], one), code, words.join(' '));
      assert.match(one.complained(), said);
    }
  });
});

test('dry: what would be written is printed', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', '1');
    const config = join(dir, 'ct.hcl');
    await writeFile(
      config,
      'template {\n contents = "{{ key \\"a\\" }}\\n"\n destination = "/never"\n}\n',
    );
    const one = world(store);
    assert.equal(
      await runProgram(COMMANDS, ['template', '-once', '-dry', '-config', config], one),
      0,
    );
    assert.equal(one.printed(), '> /never\n1\n');
  });
});

test('a directory of settings, delimiters, a pid file, and nothing done by -parse-only', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', '1');
    await mkdir(join(dir, 'conf.d', 'more'), { recursive: true });
    const out = join(dir, 'out');
    const block = (name: string, rest: string): string =>
      `template {\n contents = "${name}<< key \\"a\\" >>"\n destination = "${out}${name}"\n${rest}}\n`;
    await writeFile(
      join(dir, 'conf.d', 'a.hcl'),
      'default_delimiters {\n left = "<<"\n right = ">>"\n}',
    );
    await writeFile(join(dir, 'conf.d', 'more', 'b.hcl'), block('x', ''));
    const list = `command = ["cp", "${out}y", "${out}z"]\n`;
    await writeFile(join(dir, 'conf.d', 'more', 'c.hcl'), `${block('y', list)}once = true\n`);
    const pidFile = join(dir, 'pid');
    const words = ['template', '-config', join(dir, 'conf.d'), '-pid-file', pidFile];
    assert.equal(await runProgram(COMMANDS, [...words, '-parse-only'], world(store)), 0);
    assert.equal(await contentOf(`${out}x`), '');
    assert.equal(await runProgram(COMMANDS, words, world(store)), 0);
    assert.equal(await contentOf(`${out}x`), 'x1');
    assert.equal(await contentOf(`${out}z`), 'y1');
    assert.equal(await contentOf(pidFile), '', 'it is taken away at the end');
  });
});

test('what goes wrong ends it with 14, where it was not told to go on', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', 'x');
    const source = join(dir, 'in.tpl');
    await writeFile(source, '{{ key "a" | parseInt }}');
    const flag = ['-template', `${source}:${join(dir, 'out')}`];
    const fatal = world(store);
    assert.equal(await runProgram(COMMANDS, ['template', ...flag], fatal), 14);
    assert.match(fatal.complained(), /parseInt/);
    const stop = new AbortController();
    const going = world(store, { signal: stop.signal });
    const words = ['template', ...flag, '-template-error-fatal=false'];
    const running = runProgram(COMMANDS, words, going);
    await until('it is told', () => Promise.resolve(going.complained().includes('parseInt')));
    store.put('a', '5');
    await until('it went on', async () => (await contentOf(join(dir, 'out'))) === '5');
    stop.abort();
    assert.equal(await running, 12);

    const failing = [...flag.slice(0, 1), `${source}:${join(dir, 'out2')}:exit 3`];
    const command = world(store);
    assert.equal(await runProgram(COMMANDS, ['template', '-once', ...failing], command), 14);
    assert.match(command.complained(), /ended with code 3/);
    const away = world(store, {
      connect: () => ({ send: () => Promise.reject(new Failure('unavailable', 'nobody there')) }),
    });
    const retry = ['-consul-retry-attempts', '3', '-consul-retry-backoff', '10ms'];
    assert.equal(await runProgram(COMMANDS, ['template', ...flag, ...retry], away), 14);
    assert.equal(away.complained().split('nobody there').length - 1, 3);
  });
});

test('C1: changes in quick succession are told once, after a pause', async () => {
  await inDirectory(async (dir) => {
    const store = new Store();
    store.put('a', '1');
    const [source, out, said] = [join(dir, 'in.tpl'), join(dir, 'out'), join(dir, 'said')];
    await writeFile(source, '{{ key "a" }}');
    await writeFile(said, '');
    const script = `trap 'cat ${out} >>${said}' HUP; echo up >>${said}; while :; do sleep 0.02; done`;
    const stop = new AbortController();
    const one = world(store, { signal: stop.signal });
    const words = ['template', '-template', `${source}:${out}`, '-exec', script];
    const running = runProgram(COMMANDS, [...words, '-exec-reload-signal', 'SIGHUP'], one);
    await until('it is up', async () => (await contentOf(said)) === 'up\n');
    for (const value of ['2', '3', '4']) {
      store.put('a', value);
      await until('rendered', async () => (await contentOf(out)) === value);
    }
    await until('told', async () => (await contentOf(said)).endsWith('4'));
    assert.equal(await contentOf(said), 'up\n4');
    stop.abort();
    assert.equal(await running, 12);
  });
});
