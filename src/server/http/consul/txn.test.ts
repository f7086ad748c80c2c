import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinationHttp, NODE } from '../../../../test/coordination-http.ts';
import { DEFAULT_COORDINATION_LIMITS } from './coordination-limits.ts';

test('a transaction is all or nothing, and tells what it did', async () => {
  await using world = await CoordinationHttp.start();
  await world.put('kv/foo', 'x');
  const set = '{"KV":{"Verb":"set","Key":"tx","Value":"YQ==","Flags":9223372036854775809}}';
  const stale = '{"KV":{"Verb":"cas","Key":"foo","Index":1,"Value":"YQ=="}}';
  const refused = await world.ask('PUT', 'txn', `[${set},${stale}]`);
  assert.equal(refused.status, 409);
  assert.deepEqual(JSON.parse(refused.text), {
    Results: null,
    Errors: [{ OpIndex: 1, What: 'failed to set key "foo", index is stale' }],
  });
  assert.equal((await world.get('kv/tx')).status, 404);
  const done = await world.ask('PUT', 'txn', `[${set},{"KV":{"Verb":"get","Key":"tx"}}]`);
  assert.equal(done.status, 200);
  assert.match(done.text, /"Flags":9223372036854775809,"Value":null/);
  assert.match(done.text, /"Flags":9223372036854775809,"Value":"YQ=="/);
  assert.match(done.text, /"Errors":null/);
  const read = await world.ask('PUT', 'txn', '[{"KV":{"Verb":"get","Key":"none"}}]');
  assert.equal(read.status, 409);
  assert.match(read.text, /key \\"none\\" doesn't exist/);
});

test('the catalog and sessions take part', async () => {
  await using world = await CoordinationHttp.start();
  const session = await world.newSession({ LockDelay: 0 });
  const service = { ID: 'db-1', Service: 'db', Port: 5432 };
  const ops = [
    { Service: { Verb: 'set', Node: NODE, Service: service } },
    { Check: { Verb: 'set', Check: { Node: NODE, CheckID: 'c', ServiceID: 'db-1', Status: '' } } },
    { Node: { Verb: 'get', Node: { Node: NODE } } },
    { KV: { Verb: 'lock', Key: 'l', Value: 'YQ==', Session: session } },
    { Session: { Verb: 'delete', Session: { ID: session } } },
    { KV: { Verb: 'check-session', Key: 'l', Session: '' } },
  ];
  const { Results } = JSON.parse(await world.put('txn', JSON.stringify(ops))) as {
    readonly Results: readonly Readonly<Record<string, object>>[];
  };
  assert.deepEqual(
    Results.map((each) => Object.keys(each)),
    [['Service'], ['Check'], ['Node'], ['KV'], ['KV']],
  );
});

test('what cannot be a transaction changes nothing and says where it is wrong', async () => {
  const limits = { ...DEFAULT_COORDINATION_LIMITS, kvValueMaxBytes: 100, txnMaxBytes: 20_000 };
  await using world = await CoordinationHttp.start({ limits });
  const kv = (op: object): string => JSON.stringify([{ KV: { Verb: 'set', Key: 'k', ...op } }]);
  const rows: readonly [body: string, status: number, text: RegExp][] = [
    ['', 400, /empty/],
    ['{', 400, /not JSON/],
    ['{}', 400, /expected a list/],
    ['[{}]', 400, /\[0\]: expected one of KV/],
    [kv({ Value: '!' }), 400, /\[0\]\.KV\.Value: expected Base64/],
    [kv({ Flags: -1 }), 400, /\[0\]\.KV\.Flags/],
    [kv({ Key: '' }), 400, /Missing key name/],
    [
      JSON.stringify([
        { Service: { Verb: 'set', Node: NODE, Service: { ID: 'x'.repeat(600), Service: 'x' } } },
      ]),
      400,
      /\[0\]\.Service\.ID: is 600 bytes long/,
    ],
    [kv({ Key: 'a\0b' }), 400, /\[0\]\.KV\.Key: .*NUL/],
    [kv({ Key: '\ud800' }), 400, /\[0\]\.KV\.Key: .*whole characters/],
    [kv({ Verb: 'smash' }), 400, /\[0\]\.KV\.Verb: unknown KV operation "smash"/],
    [kv({ Value: Buffer.alloc(101).toString('base64') }), 413, /too large \(101 > 100 bytes\)/],
    [`[${'{"KV":{"Verb":"get","Key":"k"}},'.repeat(128)}{}]`, 413, /\(129 > 128\)/],
    [`[${' '.repeat(20_001)}]`, 413, /too large, max size: 20000 bytes/],
    ['[{"Node":{"Verb":"smash","Node":{"Node":"n"}}}]', 400, /\[0\]\.Node\.Verb/],
  ];
  for (const [body, status, text] of rows) {
    const answer = await world.ask('PUT', 'txn', body);
    assert.equal(answer.status, status, `${body.slice(0, 60)}: ${answer.text}`);
    assert.match(answer.text, text);
  }
  assert.equal((await world.get('kv/?keys')).text, '[]');
});
