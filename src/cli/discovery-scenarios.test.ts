/** What people see of the discovery commands, against a scripted agent, beside the golden files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consulMembers } from '../api/consul/agent-routes.ts';
import { fireEvent, listEvents } from '../api/consul/event-routes.ts';
import { deleteKv, readKv, watchKv, writeKv } from '../api/consul/kv-routes.ts';
import { toBase64 } from '../base/base64.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { KvPair } from '../core/model/kv.ts';
import { COMMANDS, replay } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';
import { testWorld } from './test-world.fixture.ts';
import type { Ended } from '../ports/programs.ts';

function pair(key: string, value: string, over: Partial<KvPair> = {}): KvPair {
  return {
    key,
    value: toBase64(new TextEncoder().encode(value)),
    flags: '0',
    lockIndex: 0 as Index,
    createIndex: 5 as Index,
    modifyIndex: 7 as Index,
    ...over,
  };
}

const STORE = [
  pair('app/colour', 'blue', { flags: '3304740253564472344' }),
  pair('app/db/host', 'a\nb'),
];

test('keys are read, set, deleted, moved', () =>
  replay('kv', (line) => {
    const script = new ScriptedAgent()
      .on(readKv, ({ params, query }) => {
        if (query.keys === true) return ['app/colour', 'app/db/'];
        const key = params['key'] ?? '';
        const found = STORE.filter((one) =>
          query.recurse === true ? one.key.startsWith(key) : one.key === key,
        );
        if (found.length === 0) throw new Failure('not_found', '');
        return found;
      })
      .on(writeKv, ({ query }) => query.cas === undefined || query.cas === 7)
      .on(deleteKv, ({ query }) => query.cas === undefined || query.cas === 7);
    const file = '[{"key":"a","flags":18446744073709551615,"value":"YQ=="}]';
    const broken = '[{"key":"a","value":"YQ=="},{"key":"b","value":"?"}]';
    const text = { 'motd.txt': 'hello', 'keys.json': file, 'broken.json': broken };
    return world(script, { text, typed: line.includes('put') ? 'typed' : '' });
  }));

test('kv follow prints what is news, and goes on where it was', async () => {
  const over = new AbortController();
  const asked: unknown[] = [];
  const script = new ScriptedAgent().on(watchKv, ({ query }) => {
    asked.push(query.index);
    if (asked.length === 3) over.abort();
    const changes = [
      { key: 'app/colour', pair: pair('app/colour', 'red') },
      { key: 'app/db/host' },
    ];
    const first = [{ index: 7, snapshot: STORE }, { index: 9 }];
    return (asked.length === 1 ? first : [{ index: 12, changes }]) as never;
  });
  const given = testWorld({ ...world(script), signal: over.signal });
  const words = ['kv', 'follow', '-prefix', 'app/'];
  await runProgram(COMMANDS, words, given);
  assert.deepEqual(asked, [undefined, 9, 12]);
  const lines = given.printed().trim().split('\n').slice(0, 2);
  assert.match(lines[0] ?? '', /^\{"Index":7,"Snapshot":\[\{"LockIndex":0,"Key":"app\/colour"/);
  assert.match(lines[1] ?? '', /^\{"Index":12,"Changes":\[.*,\{"Key":"app\/db\/host"\}\]\}$/);
});

test('what is sent is what was meant', async () => {
  const bodies: string[] = [];
  const script = new ScriptedAgent().on(writeKv, ({ body, query, params }) => {
    bodies.push(`${params['key'] ?? ''} ${query.flags ?? '-'} ${new TextDecoder().decode(body)}`);
    return true;
  });
  const given = world(script, { text: { f: 'of a file' }, typed: 'typed' });
  for (const words of [
    ['kv', 'put', '/a/b c', 'x'],
    ['kv', 'put', 'a', '@f'],
    ['kv', 'put', 'a', '-'],
    ['kv', 'put', 'a', '\\@f'],
    ['kv', 'put', '-base64', '-flags=18446744073709551615', 'a', 'aGk='],
    ['kv', 'put', 'empty'],
  ]) {
    assert.equal(await runProgram(COMMANDS, words, testWorld(given)), 0);
  }
  assert.deepEqual(bodies, [
    'a/b c - x',
    'a - of a file',
    'a - typed',
    'a - @f',
    'a 18446744073709551615 hi',
    'empty - ',
  ]);
  const wrong = await runProgram(COMMANDS, ['kv', 'put', '-flags=-1', 'a'], testWorld(given));
  assert.equal(wrong, 1);
});

const DEPLOY = {
  id: 'b54fe110-7af5-cafc-d1fb-afc8ba432b1c',
  name: 'deploy',
  payload: toBase64(new TextEncoder().encode('v42')),
  nodeFilter: '',
  serviceFilter: '',
  tagFilter: '',
  lTime: 3,
  createIndex: 9 as Index,
  modifyIndex: 9 as Index,
};

test('events are fired and listed, members shown', () =>
  replay('events-and-members', () =>
    world(
      new ScriptedAgent()
        .on(fireEvent, DEPLOY)
        .on(listEvents, [DEPLOY])
        .on(consulMembers, [
          {
            name: 'n2',
            address: '10.0.0.2',
            port: 8301,
            tags: { role: 'node', build: '1.0.0:abc', vsn: '2', dc: 'dc1' },
            status: 'failed',
          },
          {
            name: 'n1',
            address: '10.0.0.1',
            port: 8301,
            tags: { role: 'consul', build: '1.0.0', vsn: '2', dc: 'dc1' },
            status: 'alive',
          },
        ]),
    ),
  ));

test('a handler runs for each real change, again when it failed, never two at once', async () => {
  const values = ['a', 'a', 'b', 'b', 'b', 'c'];
  const script = new ScriptedAgent().inTurn(
    readKv,
    values.map((value) => [pair('k', value)]),
  );
  const over = new AbortController();
  const ran: string[] = [];
  let running = 0;
  const run = async (
    { command, env }: { command: readonly string[]; env: Readonly<Record<string, string>> },
    input: Uint8Array,
  ): Promise<Ended> => {
    assert.equal(++running, 1);
    await Promise.resolve();
    running--;
    const [json] = [JSON.parse(new TextDecoder().decode(input)) as { Value: string }];
    ran.push(`${command.join(' ')} ${json.Value} ${env['CONSUL_INDEX'] === undefined ? '' : 'at'}`);
    if (json.Value === 'Yw==') over.abort();
    return { code: ran.length === 2 ? 1 : 0 };
  };
  const given = testWorld({
    ...world(script),
    signal: over.signal,
    programs: { run, guard: () => Promise.reject(new Failure('unsupported', 'no guard')) },
  });
  const words = ['watch', '-type', 'key', '-key', 'k', '-shell=false', 'handler', '-x'];
  assert.equal(await runProgram(COMMANDS, words, given), 0);
  assert.deepEqual(ran, [
    'handler -x YQ== at',
    'handler -x Yg== at',
    'handler -x Yg== at',
    'handler -x Yw== at',
  ]);
  assert.match(given.complained(), /Error executing handler: exit status 1/);
});
