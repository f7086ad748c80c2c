/** What people see of the keys of gossip. */
import { test } from 'node:test';
import * as agent from '../api/nomad/agent-routes.ts';
import { Failure } from '../base/failure.ts';
import { replay } from './golden.fixture.ts';
import { world } from './scenario.fixture.ts';
import { ScriptedAgent } from './scripted-agent.fixture.ts';

const RING: agent.KeyRing = {
  keys: { 'HD5Y61iE+neTxd1n6TnXhCPViPIUq5QpWq8WW8012XA=': 3, AOUfjGff: 3 },
  numNodes: 3,
};

test('the keys of gossip', () =>
  replay('gossip-keys', (line) => {
    const changed = (): agent.KeyRing => {
      if (line.includes('refused')) throw new Failure('invalid', 'it is no key');
      return RING;
    };
    const script = new ScriptedAgent()
      .on(agent.listGossipKeys, RING)
      .on(agent.installGossipKey, changed)
      .on(agent.useGossipKey, changed)
      .on(agent.removeGossipKey, changed);
    return world(script);
  }));
