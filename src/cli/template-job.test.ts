import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { WireRequest, WireResponse } from '../api/api.ts';
import { replaceFile } from '../io/template/replace-file.ts';
import { startLine } from '../io/template/shell.ts';
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
      start: (line) => Promise.resolve(startLine(line)),
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

const LATE_MS = 10_000;

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
    assert.equal(await running, 0);
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
      `trap 'echo ended >>${said}; exit 0' TERM`,
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
    assert.equal(await running, 0);
    assert.match(await contentOf(said), /ended\n$/);
  });
});

test('what is wrong is told before anything is done', async () => {
  await inDirectory(async (dir) => {
    const source = join(dir, 'in.tpl');
    await writeFile(source, '{{ nope }}');
    const rows: readonly (readonly [words: readonly string[], said: RegExp])[] = [
      [[], /nothing to render/],
      [['-template', 'x'], /expected in:out/],
      [['-template', `${source}:out`], /in\.tpl:1: function "nope" not defined/],
      [['-template', `${source}:out`, '-wait', 'x'], /invalid wait "x"/],
    ];
    for (const [words, said] of rows) {
      const one = world(new Store());
      assert.equal(await runProgram(COMMANDS, ['template', ...words], one), 1);
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
