import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import { seeded } from '../../base/random.ts';
import { formatAddress } from './address.ts';
import { Answerer, type Decision } from './answer.ts';
import { directoryNode, directoryOf, instance, type Listed } from './directory.fixture.ts';
import type { Directory, Instance } from './directory.ts';
import { parseName } from './name.ts';
import type { TypeName } from './query.fixture.ts';
import { RCODE, TYPE, type ResourceRecord } from './record.ts';
import { DEFAULT_DNS_SETTINGS, type DnsSettings } from './settings.ts';

const n1 = directoryNode('Node-1', '10.0.0.1', { meta: { rack: 'r1' } });
const n2 = directoryNode('n2', '10.0.0.2', {
  taggedAddresses: { lan_ipv4: '10.0.0.2', lan_ipv6: '2001:db8::2' },
});
const n6 = directoryNode('n6', '2001:db8::6');
const outside = directoryNode('outside', 'www.example.com');

const listed: Listed = {
  nodes: [n1, n2, n6, outside],
  servers: [n1, directoryNode('bad_name', '10.0.0.9')],
  services: {
    Web: [
      instance(n1, { port: 7001, tags: ['V1', 'a.b'] }),
      instance(n1, {
        port: 7002,
        tags: ['v2'],
        status: 'warning',
        weights: { passing: 5, warning: 3 },
      }),
      instance(n2, { port: 7003, tags: ['v2'], status: 'critical' }),
      instance(n2, { port: 7004, address: '10.9.0.4', tags: ['own'] }),
    ],
    sick: [instance(n1, { status: 'critical' })],
    six: [instance(n6, { port: 1 })],
    tagged: [
      instance(n1, {
        address: '10.5.0.1',
        taggedAddresses: {
          lan_ipv4: { address: '10.5.0.2' },
          lan_ipv6: { address: '2001:db8::5' },
        },
      }),
    ],
    external: [instance(outside, { port: 443 })],
    alias: [instance(n1, { address: 'WEB.service.consul', port: 9 })],
    self: [instance(n1, { address: 'self.service.consul', port: 9 })],
    loop: [instance(n1, { address: 'loop2.service.consul' })],
    loop2: [instance(n1, { address: 'loop.service.consul' })],
    same: [instance(n1, { address: '10.0.0.1', port: 5 })],
    mixed: [instance(n1), instance(n1, { address: 'other.example' })],
    odd: [instance(directoryNode('x'.repeat(64), '10.0.0.7'), { port: 3 })],
  },
  queries: {
    near: {
      instances: [3, 1, 2].map((i) => instance(directoryNode(`q${i}`, `10.7.0.${i}`), { port: i })),
      ordered: true,
      datacenter: 'dc2',
      service: 'Web',
      ttlMs: 4_000,
    },
    plain: { instances: [instance(n1)], ordered: false, datacenter: 'dc1', service: 'Web' },
    empty: { instances: [], ordered: false, datacenter: 'dc1', service: 'Web' },
  },
};

function decide(
  name: string,
  type: TypeName,
  settings: Partial<DnsSettings> = {},
  more: {
    readonly directory?: Directory;
    readonly seed?: string;
    readonly answersMax?: number;
  } = {},
): Decision {
  const { directory = directoryOf(listed), seed = 's', answersMax = 100 } = more;
  const parsed = parseName(name);
  assert.ok(parsed !== undefined);
  const answerer = new Answerer({ ...DEFAULT_DNS_SETTINGS, ...settings });
  return answerer.decide(
    { name: parsed, type: TYPE[type], answersMax },
    { directory, random: seeded(seed), now: 1_700_000_000_999 as Millis },
  );
}

const RCODE_NAMES = new Map<number, string>(
  Object.entries(RCODE).map(([name, code]) => [code, name]),
);

/** One line a record, sorted: `owner TYPE data ttl`. */
function shown(records: readonly ResourceRecord[]): string[] {
  return records.map(line).sort();
}

function line(record: ResourceRecord): string {
  const head = record.name === undefined ? '' : `${record.name.text} `;
  const type = Object.entries(TYPE).find(([, code]) => code === record.type)?.[0] ?? '';
  return `${head}${type} ${data(record)} ${record.ttl}`;
}

function data(record: ResourceRecord): string {
  switch (record.type) {
    case TYPE.A:
    case TYPE.AAAA:
      return formatAddress(record.address);
    case TYPE.SRV:
      return `${record.priority} ${record.weight} ${record.port} ${record.target.text}`;
    case TYPE.TXT:
      return record.strings.map((string) => new TextDecoder().decode(string)).join('');
    case TYPE.SOA:
      return `${record.primary.text} ${record.mailbox.text} ${record.serial}`;
    case TYPE.CNAME:
    case TYPE.NS:
    case TYPE.PTR:
      return record.target.text;
  }
}

/** `rcode`, then the answers, then `+` glue, `!` authority, `>` what is still to be asked. */
function told(decision: Decision): string[] {
  if (decision.do !== 'reply') return [decision.do];
  const { rcode, answers, authority, additional } = decision.reply;
  const glue = [...new Set(answers.flatMap((answer) => answer.glue ?? []))];
  return [
    ...(rcode === RCODE.ok ? [] : [RCODE_NAMES.get(rcode) ?? '?']),
    ...shown(answers),
    ...shown([...glue, ...additional]).map((text) => `+ ${text}`),
    ...shown(authority).map((text) => `! ${text}`),
    ...decision.follow.map((one) => `> ${one.name.text} ${one.type} ${one.into}`),
  ];
}

const soa = '! consul SOA ns.consul hostmaster.consul 1700000000 0';
const missing = ['nameUnknown', soa];
const rack = '+ node-1.node.dc1.consul TXT rack=r1 0';

const rows: [name: string, type: TypeName, expected: string[]][] = [
  // Services.
  ['web.service.consul', 'A', ['A 10.0.0.1 0', 'A 10.9.0.4 0']],
  ['WEB.Service.Consul', 'A', ['A 10.0.0.1 0', 'A 10.9.0.4 0']],
  ['web.service.dc1.consul', 'A', ['A 10.0.0.1 0', 'A 10.9.0.4 0']],
  ['web.service.dc1.dc.consul', 'A', ['A 10.0.0.1 0', 'A 10.9.0.4 0']],
  ['web.service.dc9.consul', 'A', missing],
  ['web.service.consul', 'AAAA', [soa]],
  ['web.service.consul', 'TXT', [soa]],
  ['web.service.consul', 'ANY', ['A 10.0.0.1 0', 'A 10.9.0.4 0']],
  ['own.web.service.consul', 'A', ['A 10.9.0.4 0']],
  ['v1.web.service.consul', 'A', ['A 10.0.0.1 0']],
  ['a.b.web.service.consul', 'A', ['A 10.0.0.1 0']],
  ['v9.web.service.consul', 'A', missing],
  ['none.service.consul', 'A', missing],
  ['sick.service.consul', 'A', missing],
  ['six.service.consul', 'A', [soa]],
  ['six.service.consul', 'AAAA', ['AAAA 2001:db8::6 0']],
  ['tagged.service.consul', 'A', ['A 10.5.0.2 0']],
  ['tagged.service.consul', 'AAAA', ['AAAA 2001:db8::5 0']],
  ['tagged.service.consul', 'ANY', ['A 10.5.0.1 0']],
  [
    'web.service.consul',
    'SRV',
    [
      'SRV 1 1 7001 node-1.node.dc1.consul 0',
      'SRV 1 1 7004 0a090004.addr.dc1.consul 0',
      'SRV 1 3 7002 node-1.node.dc1.consul 0',
      '+ 0a090004.addr.dc1.consul A 10.9.0.4 0',
      '+ node-1.node.dc1.consul A 10.0.0.1 0',
      rack,
    ],
  ],
  [
    '_web._v2.service.consul',
    'SRV',
    ['SRV 1 3 7002 node-1.node.dc1.consul 0', '+ node-1.node.dc1.consul A 10.0.0.1 0', rack],
  ],
  [
    '_six._tcp.consul',
    'SRV',
    ['SRV 1 1 1 n6.node.dc1.consul 0', '+ n6.node.dc1.consul AAAA 2001:db8::6 0'],
  ],
  [
    'same.service.consul',
    'SRV',
    ['SRV 1 1 5 0a000001.addr.dc1.consul 0', '+ 0a000001.addr.dc1.consul A 10.0.0.1 0', rack],
  ],
  [
    'odd.service.consul',
    'SRV',
    ['SRV 1 1 3 0a000007.addr.dc1.consul 0', '+ 0a000007.addr.dc1.consul A 10.0.0.7 0'],
  ],
  // Services at host names.
  ['external.service.consul', 'A', ['CNAME www.example.com 0', '> www.example.com 1 answers']],
  ['external.service.consul', 'AAAA', ['CNAME www.example.com 0', '> www.example.com 28 answers']],
  ['external.service.consul', 'CNAME', ['CNAME www.example.com 0']],
  ['web.service.consul', 'CNAME', [soa]],
  [
    'external.service.consul',
    'SRV',
    ['SRV 1 1 443 www.example.com 0', '> www.example.com 1 additional'],
  ],
  [
    'alias.service.consul',
    'A',
    [
      'CNAME web.service.consul 0',
      'web.service.consul A 10.0.0.1 0',
      'web.service.consul A 10.9.0.4 0',
    ],
  ],
  [
    'alias.service.consul',
    'SRV',
    [
      'SRV 1 1 9 web.service.consul 0',
      '+ web.service.consul A 10.0.0.1 0',
      '+ web.service.consul A 10.9.0.4 0',
    ],
  ],
  ['self.service.consul', 'A', ['A 10.0.0.1 0']],
  [
    'self.service.consul',
    'SRV',
    ['SRV 1 1 9 node-1.node.dc1.consul 0', '+ node-1.node.dc1.consul A 10.0.0.1 0', rack],
  ],
  ['mixed.service.consul', 'A', ['A 10.0.0.1 0']],
  // Nodes.
  ['node-1.node.consul', 'A', ['A 10.0.0.1 0', '+ TXT rack=r1 0']],
  ['Node-1.node.dc1.consul', 'ANY', ['A 10.0.0.1 0', 'TXT rack=r1 0']],
  ['node-1.node.consul', 'TXT', ['TXT rack=r1 0']],
  ['node-1.node.consul', 'AAAA', [soa]],
  ['node-1.node.consul', 'SRV', [soa]],
  ['n2.node.consul', 'AAAA', ['AAAA 2001:db8::2 0']],
  ['n2.node.consul', 'TXT', [soa]],
  ['n3.node.consul', 'A', missing],
  ['n2.node.dc2.consul', 'A', missing],
  ['outside.node.consul', 'A', ['CNAME www.example.com 0', '> www.example.com 1 answers']],
  // Prepared queries.
  ['near.query.consul', 'A', ['A 10.7.0.1 4', 'A 10.7.0.2 4', 'A 10.7.0.3 4']],
  ['plain.query.consul', 'A', ['A 10.0.0.1 0']],
  [
    '_plain._tcp.query.consul',
    'SRV',
    ['SRV 1 1 80 node-1.node.dc1.consul 0', '+ node-1.node.dc1.consul A 10.0.0.1 0', rack],
  ],
  ['empty.query.consul', 'A', missing],
  ['none.query.consul', 'A', missing],
  // Addresses' own names.
  ['7f000001.addr.dc1.consul', 'A', ['A 127.0.0.1 0']],
  ['7F000001.addr.consul', 'ANY', ['A 127.0.0.1 0']],
  ['7f000001.addr.dc1.consul', 'AAAA', [soa]],
  ['20010db8000000000000000000000001.addr.dc1.consul', 'AAAA', ['AAAA 2001:db8::1 0']],
  ['7f0001.addr.dc1.consul', 'A', missing],
  // What has no instance.
  ['web.connect.consul', 'A', missing],
  ['web.ingress.consul', 'A', missing],
  ['web.virtual.consul', 'A', [soa]],
  // The zone itself.
  ['consul', 'A', [soa]],
  ['service.consul', 'A', [soa]],
  ['_tcp.service.consul', 'A', [soa]],
  ['dc1.consul', 'A', [soa]],
  ['dc9.consul', 'A', missing],
  ['node.dc9.consul', 'A', missing],
  ['a.b.consul', 'A', missing],
  ['ns.consul', 'A', ['A 10.0.0.1 0', 'A 10.0.0.9 0']],
  ['consul', 'NS', ['consul NS node-1.node.dc1.consul 0', '+ node-1.node.dc1.consul A 10.0.0.1 0']],
  ['consul', 'SOA', [soa.slice(2), '! consul NS node-1.node.dc1.consul 0']],
  // Addresses.
  ['1.0.0.10.in-addr.arpa', 'PTR', ['PTR node-1.node.dc1.consul 0']],
  ['1.0.0.10.in-addr.arpa', 'A', [soa]],
  ['4.0.9.10.in-addr.arpa', 'PTR', ['PTR web.service.dc1.consul 0']],
  ['8.8.8.8.in-addr.arpa', 'PTR', missing],
  [`6.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, 'PTR', ['PTR n6.node.dc1.consul 0']],
  // Names of others.
  ['www.example.com', 'A', ['refused']],
  ['1.0.10.in-addr.arpa', 'PTR', ['refused']],
  ['', 'NS', ['refused']],
];
for (const [name, type, expected] of rows) {
  test(`${type} ${name}`, () => assert.deepEqual(told(decide(name, type)), expected));
}

test('names of others go to recursors, where there are any', () => {
  const settings = { recursors: ['10.0.0.53'] };
  assert.deepEqual(told(decide('www.example.com', 'A', settings)), ['forward']);
  assert.deepEqual(told(decide('8.8.8.8.in-addr.arpa', 'PTR', settings)), ['forward']);
  assert.deepEqual(told(decide('none.service.consul', 'A', settings)), missing);
  assert.deepEqual(told(decide('1.0.0.10.in-addr.arpa', 'PTR', settings)), [
    'PTR node-1.node.dc1.consul 0',
  ]);
});

test('host names that lead to each other come to an end', () => {
  const answer = told(decide('loop.service.consul', 'A'));
  assert.deepEqual(answer, [
    'CNAME loop2.service.consul 0',
    'loop.service.consul CNAME loop2.service.consul 0',
    'loop2.service.consul CNAME loop.service.consul 0',
    'loop2.service.consul CNAME loop.service.consul 0',
  ]);
});

test('V1: warnings are left out where only passing ones are wanted', () => {
  const ports = (settings: Partial<DnsSettings>): string[] =>
    told(decide('web.service.consul', 'SRV', settings))
      .filter((text) => text.startsWith('SRV'))
      .map((text) => text.split(' ')[3] ?? '');
  assert.deepEqual(ports({}), ['7001', '7004', '7002']);
  assert.deepEqual(ports({ onlyPassing: true }), ['7001', '7004']);
});

test('the other domain is answered in itself', () => {
  const settings = { altDomain: 'Test.example' };
  assert.deepEqual(told(decide('six.service.test.example', 'SRV', settings)), [
    'SRV 1 1 1 n6.node.dc1.test.example 0',
    '+ n6.node.dc1.test.example AAAA 2001:db8::6 0',
  ]);
  assert.deepEqual(told(decide('x.service.test.example', 'A', settings)), [
    'nameUnknown',
    '! test.example SOA ns.test.example hostmaster.test.example 1700000000 0',
  ]);
  // A domain under the other goes before it.
  const nested = { altDomain: 'x.consul' };
  assert.deepEqual(told(decide('n6.node.x.consul', 'AAAA', nested)), ['AAAA 2001:db8::6 0']);
});

test('times to live are those of the settings', () => {
  const settings = {
    nodeTtlMs: 9_000,
    serviceTtlMs: { 'w*': 5_000 },
    soa: { refresh: 1, retry: 2, expire: 3, minTtl: 4 },
  };
  assert.deepEqual(told(decide('n2.node.consul', 'A', settings)), ['A 10.0.0.2 9']);
  assert.deepEqual(told(decide('own.web.service.consul', 'A', settings)), ['A 10.9.0.4 5']);
  assert.deepEqual(told(decide('six.service.consul', 'AAAA', settings)), ['AAAA 2001:db8::6 0']);
  assert.deepEqual(told(decide('plain.query.consul', 'A', settings)), ['A 10.0.0.1 5']);
  assert.deepEqual(told(decide('x.service.consul', 'A', settings)), [
    'nameUnknown',
    soa.replace(/0$/, '4'),
  ]);
});

test('metadata are added only where that is wanted, unless they are asked for', () => {
  const settings = { nodeMetaTxt: false };
  assert.deepEqual(told(decide('node-1.node.consul', 'A', settings)), ['A 10.0.0.1 0']);
  assert.deepEqual(told(decide('node-1.node.consul', 'TXT', settings)), ['TXT rack=r1 0']);
  const srv = told(decide('_web._v1.service.consul', 'SRV', settings));
  assert.deepEqual(srv.slice(1), ['+ node-1.node.dc1.consul A 10.0.0.1 0']);
});

function fifty(): readonly Instance[] {
  return Array.from({ length: 50 }, (_, i) =>
    instance(directoryNode(`n${i}`, `10.1.0.${i}`), { port: 1_000 + i }),
  );
}

test('each instance gets its share of first places', () => {
  const instances = fifty();
  const directory = directoryOf({ services: { many: instances } });
  const answerer = new Answerer(DEFAULT_DNS_SETTINGS);
  const random = seeded('shares');
  const name = parseName('many.service.consul');
  assert.ok(name !== undefined);
  const counts = new Map<string, number>();
  for (let i = 0; i < 5_000; i++) {
    const decision = answerer.decide(
      { name, type: TYPE.A, answersMax: 3 },
      { directory, random, now: 0 as Millis },
    );
    assert.ok(decision.do === 'reply');
    assert.equal(decision.reply.answers.length, 3);
    assert.equal(decision.reply.more, true);
    for (const text of shown(decision.reply.answers)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  // 300 expected, give or take 17.
  assert.equal(counts.size, 50);
  for (const [text, count] of counts) assert.ok(count > 200 && count < 400, `${text}: ${count}`);
});

test('D1: the same seed gives the same answer', () => {
  const directory = directoryOf({ services: { many: fifty() } });
  const ask = (seed: string): string[] => {
    const decision = decide('many.service.consul', 'SRV', {}, { directory, seed, answersMax: 5 });
    assert.ok(decision.do === 'reply');
    return decision.reply.answers.map(line);
  };
  assert.deepEqual(ask('a'), ask('a'));
  assert.notDeepEqual(ask('a'), ask('b'));
});

test('a limit of addresses is no truncation; a limit of answers is', () => {
  const directory = directoryOf({ services: { many: fifty() } });
  const ask = (type: TypeName, aRecordLimit: number, answersMax: number): [number, boolean] => {
    const decision = decide(
      'many.service.consul',
      type,
      { aRecordLimit },
      { directory, answersMax },
    );
    assert.ok(decision.do === 'reply');
    return [decision.reply.answers.length, decision.reply.more];
  };
  assert.deepEqual(ask('A', 0, 100), [50, false]);
  assert.deepEqual(ask('A', 2, 100), [2, false]);
  assert.deepEqual(ask('A', 2, 3), [2, false]);
  assert.deepEqual(ask('A', 4, 3), [3, true]);
  assert.deepEqual(ask('A', 0, 3), [3, true]);
  assert.deepEqual(ask('SRV', 2, 100), [50, false]);
  assert.deepEqual(ask('SRV', 0, 3), [3, true]);
});

test('a prepared query without an order is answered in one that is drawn', () => {
  const near = listed.queries?.['near'];
  assert.ok(near !== undefined);
  const directory = directoryOf({ queries: { any: { ...near, ordered: false } } });
  const firsts = new Set(
    Array.from({ length: 50 }, (_, i) => {
      const decision = decide(
        'any.query.consul',
        'A',
        {},
        { directory, seed: `${i}`, answersMax: 1 },
      );
      return told(decision)[0];
    }),
  );
  assert.deepEqual([...firsts].sort(), ['A 10.7.0.1 4', 'A 10.7.0.2 4', 'A 10.7.0.3 4']);
});

test('a prepared query keeps the order it says', () => {
  const decision = decide('near.query.consul', 'SRV', {}, { answersMax: 2 });
  assert.ok(decision.do === 'reply');
  assert.deepEqual(decision.reply.answers.map(line), [
    'SRV 1 1 3 q3.node.dc2.consul 4',
    'SRV 1 1 1 q1.node.dc2.consul 4',
  ]);
  assert.equal(decision.reply.more, true);
});

test('what is prepared is given up once the directory answers with other instances', () => {
  let instances = [instance(n1)];
  const directory: Directory = { ...directoryOf({}), service: () => instances };
  const answerer = new Answerer(DEFAULT_DNS_SETTINGS);
  const name = parseName('web.service.consul');
  assert.ok(name !== undefined);
  const ask = (): string[] =>
    told(
      answerer.decide(
        { name, type: TYPE.A, answersMax: 9 },
        { directory, random: seeded('s'), now: 0 as Millis },
      ),
    );
  assert.deepEqual(ask(), ['A 10.0.0.1 0']);
  assert.deepEqual(ask(), ['A 10.0.0.1 0']);
  instances = [instance(n2)];
  assert.deepEqual(ask(), ['A 10.0.0.2 0']);
});

test('D2: any name of ours of any type is answered, with the SOA where there is nothing', () => {
  const labels = fc.constantFrom(
    ...['web', 'service', 'node', 'query', 'addr', '_web', '_tcp', 'v1', 'dc1', 'dc', 'n2', 'near'],
    ...['loop', 'alias', 'external', 'virtual', 'connect', '7f000001', '\\000', 'x'],
  );
  const name = fc.array(labels, { maxLength: 6 }).map((all) => [...all, 'consul'].join('.'));
  const type = fc.constantFrom(...(Object.keys(TYPE) as TypeName[]));
  fc.assert(
    fc.property(name, type, (asked, of) => {
      const decision = decide(asked, of);
      assert.ok(decision.do === 'reply');
      const { rcode, answers, authority } = decision.reply;
      assert.ok(rcode === RCODE.ok || rcode === RCODE.nameUnknown);
      if (answers.length > 0) assert.equal(rcode, RCODE.ok);
      else assert.equal(authority[0]?.type, TYPE.SOA);
    }),
    { numRuns: 2_000 },
  );
});
