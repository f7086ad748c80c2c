/** What people see of `exec`, against a scripted agent, beside the golden file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fireEvent } from '../api/consul/event-routes.ts';
import { deleteKv, readKv, writeKv } from '../api/consul/kv-routes.ts';
import { createSession, destroySession, renewSession } from '../api/consul/session-routes.ts';
import { toBase64 } from '../base/base64.ts';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { SessionId } from '../core/model/session.ts';
import { COMMANDS, replay } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import type { Over } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';
import { testWorld } from './test-world.fixture.ts';

const SESSION = 'a2a1d7a0-8ae6-4aa6-9a44-3a9b5e3a0f11' as SessionId;
const DIR = `_rexec/${SESSION}/`;
const EVENT = {
  ...{ id: 'b54fe110-7af5-cafc-d1fb-afc8ba432b1c', name: '_rexec', payload: '', lTime: 3 },
  ...{ nodeFilter: '', serviceFilter: '', tagFilter: '' },
  ...{ createIndex: 9 as Index, modifyIndex: 9 as Index },
};

/** Keys under the job's place with their values, as they appear one listing after the other. */
type Appearing = readonly Readonly<Record<string, string>>[];

const TWO_NODES: Appearing = [
  { job: '{}', 'n1/ack': '' },
  { 'n1/out/00000': 'up 3 da', 'n2/ack': '' },
  { 'n1/exit': '0', 'n1/out/00001': 'ys\n', 'n2/out/00000': 'no\nload', 'n2/out/00001': '' },
  { 'n2/exit': '3' },
];

interface Agent {
  readonly script: ScriptedAgent;
  readonly sent: string[];
}

function agent(appearing: Appearing): Agent {
  const sent: string[] = [];
  const keep = (what: string, body?: Uint8Array): void => {
    sent.push(`${what} ${new TextDecoder().decode(body)}`.trim());
  };
  const values = new Map(appearing.flatMap((one) => Object.entries(one)));
  let listings = 0;
  const script = new ScriptedAgent()
    .on(createSession, ({ body }) => {
      keep(`session ${JSON.stringify(body)}`);
      return { id: SESSION };
    })
    .on(writeKv, ({ params, query, body }) => {
      keep(`put ${params['key'] ?? ''} ${query.acquire ?? ''}`, body);
      return true;
    })
    .on(fireEvent, ({ params, query, body }) => {
      keep(`fire ${params['name'] ?? ''} ${JSON.stringify(query)}`, body);
      return EVENT;
    })
    .on(readKv, ({ params, query }) => {
      const key = params['key'] ?? '';
      if (query.keys === true) {
        listings += 1;
        const shown = appearing.slice(0, listings).flatMap((one) => Object.keys(one));
        return shown.sort().map((name) => DIR + name);
      }
      const value = values.get(key.slice(DIR.length));
      if (value === undefined) throw new Failure('not_found', '');
      return [{ key, value: toBase64(new TextEncoder().encode(value)), ...PAIR }];
    })
    .on(destroySession, ({ params }) => {
      keep(`destroy ${params['id'] ?? ''}`);
      return true;
    })
    .on(deleteKv, ({ params, query }) => {
      keep(`delete ${params['key'] ?? ''} ${String(query.recurse)}`);
      return true;
    })
    .on(renewSession, []);
  return { script, sent };
}

const PAIR = {
  ...{ flags: '0', lockIndex: 0 as Index, createIndex: 5 as Index, modifyIndex: 7 as Index },
};

/** Each listing that waits takes a second; nothing is renewed. */
function world({ script }: Agent, over: Over = {}): Over {
  let uptimeMs = 0;
  return {
    uptimeMs: () => uptimeMs,
    sleep: (ms, signal) =>
      ms < 5000 || signal?.aborted === true
        ? Promise.resolve()
        : new Promise((resolve) => {
            signal?.addEventListener('abort', () => {
              resolve();
            });
          }),
    connect: () => ({
      send: (request, signal) => {
        if (signal?.aborted === true) return Promise.reject(new Failure('canceled', 'canceled'));
        if (request.path.includes('index=')) uptimeMs += 1000;
        return script.send(request, signal);
      },
    }),
    ...over,
  };
}

test('what nodes say is shown with how they ended', () =>
  replay('exec', (line) => {
    const typed = line.includes('exec -shell=false -') ? 'x' : '';
    const appearing = line.includes('nobody') ? [{ job: '{}' }] : TWO_NODES;
    const isFine = line.includes('true');
    return world(agent(isFine ? [{ 'n1/ack': '', 'n1/exit': '0' }] : appearing), { typed });
  }));

test('the job is what was meant, and nothing of it stays', async () => {
  const rows: readonly [words: readonly string[], job: object, query: object][] = [
    [['df', '-h', '/'], { Command: 'df -h /', Wait: 2e9 }, {}],
    [['-shell=false', '-wait=5s', 'df', '-h'], { Args: ['df', '-h'], Wait: 5e9 }, {}],
    [['-'], { Script: toBase64(new TextEncoder().encode('#!/bin/sh\n')), Wait: 2e9 }, {}],
    [
      ['-node=^n', '-service=web', '-tag=v2', 'id'],
      { Command: 'id', Wait: 2e9 },
      { node: '^n', service: 'web', tag: 'v2' },
    ],
  ];
  for (const [words, job, query] of rows) {
    const asked = agent([{ job: '{}' }]);
    const given = testWorld(world(asked, { typed: '#!/bin/sh\n' }));
    assert.equal(await runProgram(COMMANDS, ['exec', ...words], given), 0, given.complained());
    assert.deepEqual(asked.sent, [
      'session {"name":"Remote Exec","behavior":"delete","ttl":"15s"}',
      `put ${DIR}job ${SESSION} ${JSON.stringify(job)}`,
      `fire _rexec ${JSON.stringify(query)} ${JSON.stringify({ Prefix: '_rexec', Session: SESSION })}`,
      `destroy ${SESSION}`,
      `delete ${DIR} true`,
    ]);
  }
});

test('whoever is asked to end cleans up before, and so does who fails', async () => {
  const stop = new AbortController();
  const stopped = agent(TWO_NODES);
  stopped.script.on(readKv, () => {
    stop.abort();
    return [];
  });
  const given = testWorld(world(stopped, { signal: stop.signal }));
  assert.equal(await runProgram(COMMANDS, ['exec', 'id'], given), 1);
  assert.deepEqual(stopped.sent.slice(-2), [`destroy ${SESSION}`, `delete ${DIR} true`]);

  const failing = agent(TWO_NODES);
  failing.script.on(fireEvent, () => {
    throw new Failure('denied', 'Permission denied');
  });
  const refused = testWorld(world(failing));
  assert.equal(await runProgram(COMMANDS, ['exec', 'id'], refused), 1);
  assert.match(refused.complained(), /^Failed to fire event: Permission denied/);
  assert.deepEqual(failing.sent.slice(-2), [`destroy ${SESSION}`, `delete ${DIR} true`]);
});

test('a session that is lost ends it', async () => {
  const lost = agent([{ job: '{}', 'n1/ack': '' }]);
  lost.script.on(renewSession, () => {
    throw new Failure('not_found', 'Session id not found');
  });
  // Renewals are due at once, and the nodes never fall quiet.
  const over = { sleep: () => Promise.resolve(), uptimeMs: () => 0 };
  const given = testWorld(world(lost, over));
  assert.equal(await runProgram(COMMANDS, ['exec', 'id'], given), 1);
  assert.match(given.complained(), /The session was lost/);
});
