import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Accepting,
  Dialling,
  LINK_PROTOCOL,
  LINK_PROTOCOL_MIN,
  readGreeting,
  type AgentFacts,
  type HelloTurn,
  type Prover,
} from './hello.ts';

/** Stands for a keyed hash: whoever has the key makes the same. */
function prover(key: string): Prover {
  const prove = (text: string): string => `${key}(${text})`;
  return { prove, verify: (text, proof) => proof === prove(text) };
}

const FACTS: AgentFacts = {
  protocol: LINK_PROTOCOL,
  protocolMin: LINK_PROTOCOL_MIN,
  version: '0.1.0',
  role: 'server',
  region: 'global',
  datacenter: 'dc1',
  name: 's1',
  instance: 'instance-s1',
  address: '127.0.0.1:4647',
};
const CLIENT: AgentFacts = {
  ...FACTS,
  ...{ role: 'client', name: 'c1', instance: 'instance-c1', address: '' },
};

interface Side {
  readonly facts?: Partial<AgentFacts>;
  readonly key?: string;
}

/** Lets two greet each other; answers what each came to. */
function greet(client: Side, server: Side): { dialling: HelloTurn; accepting: HelloTurn } {
  const near = new Dialling({
    facts: { ...CLIENT, ...client.facts },
    nonce: 'nonce-of-the-client',
    prover: prover(client.key ?? 'k'),
  });
  const far = new Accepting({
    facts: { ...FACTS, ...server.facts },
    nonce: 'nonce-of-the-server',
    prover: prover(server.key ?? 'k'),
  });
  let accepting = far.take(near.begin());
  let dialling: HelloTurn = {};
  for (let i = 0; i < 4 && accepting.say !== undefined; i++) {
    dialling = near.take(accepting.say);
    if (dialling.say === undefined) break;
    accepting = far.take(dialling.say);
  }
  return { dialling, accepting };
}

test('two who hold the key come to a session, each knowing the other', () => {
  const { dialling, accepting } = greet({}, {});
  assert.deepEqual(dialling.peer, FACTS);
  assert.deepEqual(accepting.peer, CLIENT);
});

const rows: readonly (readonly [string, Side, Side, string, RegExp])[] = [
  ['another key', { key: 'x' }, {}, 'unauthenticated', /does not hold this cluster's key/],
  [
    'another region',
    { facts: { region: 'eu' } },
    {},
    'denied',
    /"s1" is of region "global", "c1" of "eu"/,
  ],
  ['itself', { facts: { instance: FACTS.instance } }, {}, 'conflict', /dialled itself/],
  ['a client', {}, { facts: { role: 'client' } }, 'invalid', /is no server/],
  [
    'an older build',
    {},
    { facts: { protocol: 0, protocolMin: 0, version: '0.0.9' } },
    'unsupported',
    /"s1" \(build 0\.0\.9\) speaks protocol 0 .*upgrade "s1"/,
  ],
  [
    'a newer build',
    {},
    { facts: { protocol: 9, protocolMin: 8, version: '9.0.0' } },
    'unsupported',
    /"s1" \(build 9\.0\.0\) speaks 8 and newer: upgrade "c1"/,
  ],
];

for (const [what, client, server, fault, words] of rows) {
  test(`HE2: ${what} is refused in words`, () => {
    const { dialling, accepting } = greet(client, server);
    assert.equal(accepting.peer, undefined);
    assert.equal(dialling.peer, undefined);
    assert.match(dialling.refused?.message ?? '', words);
    assert.equal(dialling.refused?.fault, fault);
  });
}

test('a newer build that still understands ours is welcome', () => {
  const { dialling } = greet({}, { facts: { protocol: 7, protocolMin: 1 } });
  assert.equal(dialling.peer?.protocol, 7);
});

test('servers of two regions may talk', () => {
  const { dialling } = greet({ facts: { role: 'server', region: 'eu' } }, {});
  assert.equal(dialling.peer?.name, 's1');
});

test('HE1: nothing that was said can be altered on the way', () => {
  const far = new Accepting({ facts: FACTS, nonce: 'nonce-of-the-server', prover: prover('k') });
  const near = new Dialling({ facts: CLIENT, nonce: 'nonce-of-the-client', prover: prover('k') });
  const altered = { ...near.begin(), facts: { ...CLIENT, datacenter: 'dc9' } };
  const turn = near.take(far.take(altered).say);
  assert.equal(turn.refused?.fault, 'unauthenticated');
});

test('HE1: a proof is good for one side and one connection', () => {
  const options = { facts: FACTS, nonce: 'nonce-of-the-server', prover: prover('k') };
  const stranger = { say: 'greeting', facts: CLIENT, nonce: 'nonce-of-a-stranger' };
  const far = new Accepting(options);
  const { say } = far.take(stranger);
  assert.ok(say?.say === 'challenge');
  // The server's own proof, sent back to it.
  assert.equal(far.take({ say: 'proof', proof: say.proof }).refused?.fault, 'unauthenticated');
});

test('calls before a proof, welcomes before a challenge and nonsense come to nothing', () => {
  const near = new Dialling({ facts: CLIENT, nonce: 'nonce-of-the-client', prover: prover('k') });
  assert.equal(near.take({ say: 'welcome' }).refused?.fault, 'invalid');
  fc.assert(
    fc.property(fc.anything(), (body) => {
      const far = new Accepting({ facts: FACTS, nonce: 'n'.repeat(20), prover: prover('k') });
      assert.equal(far.take(body).peer, undefined);
      assert.equal(far.take(body).peer, undefined);
    }),
  );
});

test('greetings are read back, and short nonces and long names are not', () => {
  const greeting = { say: 'greeting', facts: CLIENT, nonce: 'nonce-of-the-client' } as const;
  assert.deepEqual(readGreeting(greeting), greeting);
  assert.equal(readGreeting({ ...greeting, nonce: 'short' }), undefined);
  assert.equal(
    readGreeting({ ...greeting, facts: { ...CLIENT, name: 'n'.repeat(600) } }),
    undefined,
  );
});
