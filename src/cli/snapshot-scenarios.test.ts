/** What people see of `snapshot`, against a scripted agent. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { restoreSnapshot, saveSnapshot } from '../api/consul/snapshot-routes.ts';
import { Failure } from '../base/failure.ts';
import { writeTar } from '../core/archive/tar.ts';
import { COMMANDS, replay } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import { world, type Over } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';
import { testWorld } from './test-world.fixture.ts';

const META = Buffer.from('{"Version":1,"ID":"12-1795242889000","Index":12}\n');
const ROWS = [
  ['kv', 'app/db/host', { value: 'x'.repeat(1500) }],
  ['kv', 'app/colour', { value: 'Ymx1ZQ==' }],
  ['nodes', 'n1', {}],
];
const STATE = Buffer.from(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));

function sum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function archive(state: Uint8Array): Uint8Array {
  const sums = `${sum(META)}  meta.json\n${sum(STATE)}  state.bin\n`;
  return gzipSync(
    writeTar([
      { name: 'meta.json', bytes: META },
      { name: 'state.bin', bytes: state },
      { name: 'SHA256SUMS', bytes: Buffer.from(sums) },
    ]),
  );
}

const GOOD = archive(STATE);
const FILES: Readonly<Record<string, Uint8Array>> = {
  'backup.snap': GOOD,
  'cut.snap': GOOD.subarray(0, GOOD.length - 30),
  'damaged.snap': archive(Buffer.from('["kv","a",{}]\n')),
  'noise.snap': Buffer.from('hello'),
  'other.snap': gzipSync(writeTar([{ name: 'x', bytes: META }])),
};

/** A world with these files; what is written is kept in `written`. */
function withFiles(script: ScriptedAgent, written = new Map<string, Uint8Array>()): Over {
  const made = world(script);
  const { files } = testWorld(made);
  return {
    ...made,
    files: {
      ...files,
      readBytes: (path) => {
        const found = FILES[path];
        const missing = new Failure('not_found', `cannot read "${path}"`);
        return found === undefined ? Promise.reject(missing) : Promise.resolve(found);
      },
      writeBytes: (path, bytes) => {
        written.set(path, bytes);
        return Promise.resolve();
      },
    },
  };
}

test('states are saved, put back and looked into', () =>
  replay('snapshot', () => {
    const script = new ScriptedAgent().on(saveSnapshot, GOOD).on(restoreSnapshot, undefined);
    return withFiles(script);
  }));

test('what is saved is what was sent, and what is sent is what was saved', async () => {
  const written = new Map<string, Uint8Array>();
  let sent: Uint8Array | undefined;
  const script = new ScriptedAgent().on(saveSnapshot, GOOD).on(restoreSnapshot, ({ body }) => {
    sent = body;
    return undefined;
  });
  const given = testWorld(withFiles(script, written));
  assert.equal(await runProgram(COMMANDS, ['operator', 'snapshot', 'save', 'x.snap'], given), 0);
  assert.deepEqual(Buffer.from(written.get('x.snap') ?? []), Buffer.from(GOOD));
  assert.equal(await runProgram(COMMANDS, ['snapshot', 'restore', 'backup.snap'], given), 0);
  assert.deepEqual(gunzipSync(sent ?? new Uint8Array()), gunzipSync(GOOD));
});

test('an answer that is no snapshot replaces no file', async () => {
  const written = new Map<string, Uint8Array>();
  const script = new ScriptedAgent().on(saveSnapshot, FILES['cut.snap']);
  const given = testWorld(withFiles(script, written));
  assert.equal(await runProgram(COMMANDS, ['snapshot', 'save', 'x.snap'], given), 1);
  assert.match(given.complained(), /cannot read the snapshot/);
  assert.equal(written.size, 0);
});
