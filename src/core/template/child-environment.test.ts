import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childEnvironment, type ChildEnvironment } from './child-environment.ts';

const OURS = { PATH: '/bin', CONSUL_A: '1', CONSUL_B: '2', VAULT_TOKEN: 's', GONE: undefined };

test('what the program gets of the environment', () => {
  const rows: readonly (readonly [Partial<ChildEnvironment>, string])[] = [
    [{}, 'PATH CONSUL_A CONSUL_B VAULT_TOKEN'],
    [{ pristine: true }, ''],
    [{ pristine: true, custom: ['A=1=2'] }, 'A'],
    [{ allowed: ['CONSUL_*'] }, 'CONSUL_A CONSUL_B'],
    [{ allowed: ['CONSUL_*'], denied: ['*_B'] }, 'CONSUL_A'],
    [{ denied: ['VAULT_*', 'CONSUL_?'] }, 'PATH'],
    [{ denied: ['*'], custom: ['PATH=/x', 'nothing'] }, 'PATH'],
  ];
  for (const [part, names] of rows) {
    const settings = { pristine: false, custom: [], allowed: [], denied: [], ...part };
    const env = childEnvironment(settings, OURS);
    assert.equal(Object.keys(env).join(' '), names, JSON.stringify(part));
  }
  const custom = ['A=1=2'];
  const env = childEnvironment({ pristine: true, custom, allowed: [], denied: [] }, OURS);
  assert.deepEqual(env, { A: '1=2' });
});
