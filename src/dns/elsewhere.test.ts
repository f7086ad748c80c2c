import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, type Answer } from 'dns-packet';
import { CatalogWorld, machine, offer, preparedQuery } from '../../test/catalog-world.ts';
import { T0 } from '../../test/state-world.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import { directoryNode, directoryOf, instance } from '../core/dns/directory.fixture.ts';
import type { Directory } from '../core/dns/directory.ts';
import { queryPacket, type TypeName } from '../core/dns/query.fixture.ts';
import { DEFAULT_DNS_SETTINGS } from '../core/dns/settings.ts';
import { StateDirectory } from '../core/dns/state-directory.ts';
import { readWanted } from '../core/state/reads-queries.ts';
import { systemClock } from '../io/clock.ts';
import { systemDnsSockets } from '../io/dns/sockets.ts';
import { Dns, type DnsElsewhere } from './dns.ts';

const notes: string[] = [];

function dnsOf(directory: Directory, elsewhere?: DnsElsewhere): Dns {
  return new Dns(
    { settings: DEFAULT_DNS_SETTINGS, listen: [] },
    {
      ...{ directory, sockets: systemDnsSockets, clock: systemClock, random: seeded('dns') },
      ...{ note: (line: string) => notes.push(line), ...(elsewhere && { elsewhere }) },
    },
  );
}

async function ask(answer: Dns['answer'], name: string, type: TypeName = 'A'): Promise<string> {
  const reply = await answer(queryPacket(name, type), 'udp');
  assert.ok(reply);
  const { answers = [], rcode } = decode(Buffer.from(reply)) as ReturnType<typeof decode> & {
    readonly rcode: string;
  };
  const data = answers.map((each: Answer) => (each as { readonly data: unknown }).data);
  return [rcode, ...data].join(' ');
}

const OHIO = directoryOf({
  datacenter: 'ohio',
  nodes: [directoryNode('o1', '10.2.0.1')],
  services: { web: [instance(directoryNode('o1', '10.2.0.1'), { port: 80 })] },
});

/** The region of Ohio, as another one reaches it. */
function reaching(asked: string[], over: Partial<DnsElsewhere> = {}): DnsElsewhere {
  const there = dnsOf(OHIO);
  return {
    hasDatacenter: (name) => name === 'ohio',
    ask: async (datacenter, { message, transport }) => {
      asked.push(`${datacenter} ${transport}`);
      return (await there.answerHere(message, transport)) ?? new Uint8Array();
    },
    failover: (reading) => Promise.resolve(reading),
    ...over,
  };
}

test('a name of another region is answered there; what came from one is not passed on', async () => {
  const asked: string[] = [];
  const dns = dnsOf(directoryOf({ datacenter: 'berlin' }), reaching(asked));
  assert.equal(await ask(dns.answer, 'o1.node.ohio.consul'), 'NOERROR 10.2.0.1');
  assert.equal(await ask(dns.answer, 'web.service.OHIO.dc.consul'), 'NOERROR 10.2.0.1');
  assert.equal(await ask(dns.answer, 'nobody.node.ohio.consul'), 'NXDOMAIN');
  assert.deepEqual(asked, ['ohio udp', 'ohio udp', 'ohio udp']);
  assert.equal(await ask(dns.answer, 'o1.node.mars.consul'), 'NXDOMAIN');
  assert.equal(await ask(dns.answerHere, 'o1.node.ohio.consul'), 'NXDOMAIN');
  assert.equal(asked.length, 3);
});

test('Q1: a region that does not answer costs one answer', async () => {
  const ask500 = (): Promise<never> =>
    Promise.reject(new Failure('unavailable', 'No path to datacenter'));
  const dns = dnsOf(directoryOf({ datacenter: 'berlin' }), reaching([], { ask: ask500 }));
  assert.equal(await ask(dns.answer, 'o1.node.ohio.consul'), 'SERVFAIL');
  assert.match(notes.at(-1) ?? '', /cannot answer "o1.node.ohio.consul": No path to datacenter/);
});

test('a query that finds nothing here is answered with what it finds elsewhere', async () => {
  const here = new CatalogWorld();
  const failover = { nearestN: 1, datacenters: [] };
  const query = preparedQuery(1, { name: 'q' }, { failover });
  here.do({ type: 'query.set', at: T0, query, mustExist: false });
  const there = new CatalogWorld();
  there.register(machine('o1', { datacenter: 'ohio', address: '10.2.0.1' }), [offer('web')]);
  const directory = new StateDirectory({
    ...{ state: () => here.state, datacenter: 'berlin', serverNames: () => [], agentNode: 'b1' },
    datacenters: () => ['berlin', 'ohio'],
  });
  const elsewhere = reaching([], {
    failover: ({ untried = [], ...reading }) => {
      const datacenter = untried[0] ?? '';
      const { value } = readWanted(reading.query.service, datacenter)(there.state);
      return Promise.resolve({ ...reading, instances: value, datacenter });
    },
  });
  const dns = dnsOf(directory, elsewhere);
  assert.equal(await ask(dns.answer, 'q.query.consul'), 'NOERROR 10.2.0.1');
  const nowhere = dnsOf(
    directory,
    reaching([], { failover: (reading) => Promise.resolve({ ...reading, untried: [] }) }),
  );
  assert.equal(await ask(nowhere.answer, 'q.query.consul'), 'NXDOMAIN');
  assert.equal(await ask(dns.answerHere, 'q.query.consul'), 'NXDOMAIN');
});
