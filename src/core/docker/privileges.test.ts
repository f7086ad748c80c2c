import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/json.ts';
import { input } from './container-input.fixture.ts';
import type { DockerPolicy } from './container-input.ts';
import { capAdd, policyIssues } from './privileges.ts';

const strict = input({}).policy;

for (const [what, raw, policy, expected] of [
  ['dropped ones are missing', { cap_drop: ['all'], cap_add: ['chown', 'KILL'] }, {}, 'CHOWN,KILL'],
  ['the operator may allow fewer', {}, { allowCaps: ['cap_kill', 'net_raw'] }, 'KILL'],
  ['the operator may allow any', { cap_add: ['sys_time'] }, { allowCaps: ['all'] }, 'SYS_TIME'],
  ['a privileged one has all', { privileged: true }, { allowPrivileged: true }, 'ALL'],
  ['all is one word', { cap_drop: ['all'], cap_add: ['all'] }, { allowCaps: ['all'] }, 'ALL'],
] as readonly [string, JsonObject, Partial<DockerPolicy>, string][]) {
  test(`capabilities of a container: ${what}`, () => {
    const all = capAdd(input(raw, { policy: { ...strict, ...policy } }));
    for (const name of expected.split(',')) assert.ok(all.includes(name), all.join());
    assert.deepEqual(all, all.toSorted());
    if ('cap_drop' in raw || 'privileged' in raw) assert.equal(all.join(), expected);
  });
}

for (const [raw, policy, paths] of [
  [{}, {}, []],
  [{ privileged: true }, {}, ['privileged']],
  [{ privileged: true }, { allowPrivileged: true }, []],
  [{ cap_add: ['chown', 'sys_time'] }, {}, ['cap_add[1]']],
  [{ cap_add: ['all'] }, {}, ['cap_add[0]']],
  [{ cap_add: ['sys_time'] }, { allowCaps: ['SYS_TIME'] }, []],
  [{ volumes: ['local:/l', '/etc:/etc'] }, {}, ['volumes[1]']],
  [{ volumes: ['/etc:/etc'] }, { volumes: true }, []],
  [{ mount: [{ type: 'tmpfs', target: '/t' }] }, {}, []],
  [{ mount: [{ type: 'bind', source: '../../x', target: '/t' }] }, {}, ['mount[0].source']],
  [{ mounts: [{ type: 'bind', source: '/x', target: '/t' }] }, {}, ['mounts[0].source']],
  [{ mounts: [{ type: 'bind', source: '/x', target: '/t' }] }, { volumes: true }, []],
] as readonly [JsonObject, Partial<DockerPolicy>, readonly string[]][]) {
  const allowed = Object.keys(policy).join() || 'nothing';
  test(`D2: ${JSON.stringify(raw)} where ${allowed} is set: ${paths.join() || 'fine'}`, () => {
    const issues = policyIssues(input(raw, { policy: { ...strict, ...policy } }));
    assert.deepEqual(
      issues.map(({ path }) => path),
      paths,
    );
  });
}
