import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { seeded } from '../../base/random.ts';
import type { QueryReading } from '../state/reads-queries.ts';
import { formatAddress } from './address.ts';
import { Answerer, type Decision, type Sources } from './answer.ts';
import { directoryNode, directoryOf, instance, type Listed } from './directory.fixture.ts';
import { parseName } from './name.ts';
import { RCODE, TYPE } from './record.ts';
import { DEFAULT_DNS_SETTINGS } from './settings.ts';

const node = directoryNode('n1', '10.0.0.1');
const listed: Listed = { nodes: [node], services: { web: [instance(node)] } };

/** The addresses of an answer; `missing` for a name that is not there. */
function told(decision: Decision): string {
  assert.ok(decision.do === 'reply');
  const { rcode, answers } = decision.reply;
  if (rcode === RCODE.nameUnknown) return 'missing';
  return answers.map((each) => (each.type === TYPE.A ? formatAddress(each.address) : '?')).join();
}

test('names of other regions: asked for there, where that is wanted, and found here first', () => {
  const answerer = new Answerer(DEFAULT_DNS_SETTINGS);
  const elsewhere = { hasDatacenter: (name: string) => name === 'ohio' };
  const decide = (name: string, more: Partial<Sources> = { elsewhere }): Decision => {
    const parsed = parseName(name);
    assert.ok(parsed);
    const sources = {
      directory: directoryOf(listed),
      random: seeded(''),
      now: 1_700_000_000_000 as Millis,
    };
    const question = { name: parsed, type: TYPE.A, answersMax: 9 };
    return answerer.decide(question, { ...sources, ...more });
  };
  for (const name of ['web.service.ohio.consul', 'n1.node.ohio.dc.consul', 'ohio.consul']) {
    assert.deepEqual(decide(name), { do: 'ask', datacenter: 'ohio' });
    assert.equal(told(decide(name, {})), 'missing', name);
  }
  assert.equal(told(decide('web.service.mars.consul')), 'missing');
  assert.equal(told(decide('n1.node.dc1.consul')), '10.0.0.1');
});

test('a query that other regions may answer is decided again with what they have', () => {
  const answerer = new Answerer(DEFAULT_DNS_SETTINGS);
  const name = parseName('far.query.consul');
  assert.ok(name);
  const nothing = { instances: [], ordered: false, datacenter: 'dc1', service: 'far' };
  const reading = { failovers: 0 } as unknown as QueryReading;
  const queries = { far: { ...nothing, pending: reading } };
  const decide = (more: Partial<Sources>): Decision =>
    answerer.decide(
      { name, type: TYPE.A, answersMax: 9 },
      {
        directory: directoryOf({ queries }),
        random: seeded(''),
        now: 1_700_000_000_000 as Millis,
        ...more,
      },
    );
  const elsewhere = { hasDatacenter: () => true };
  assert.deepEqual(decide({ elsewhere }), { do: 'fail over', reading });
  assert.equal(told(decide({})), 'missing');
  const found = { ...nothing, instances: [instance(node)], datacenter: 'ohio' };
  assert.equal(told(decide({ elsewhere, found })), '10.0.0.1');
  assert.equal(told(decide({ elsewhere, found: nothing })), 'missing');
});
