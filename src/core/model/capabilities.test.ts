import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesFor, DEFAULT_CAPABILITIES } from './capabilities.ts';

const without = (gone: string): string[] => DEFAULT_CAPABILITIES.filter((name) => name !== gone);

for (const [add, drop, allowed, expected] of [
  [[], [], DEFAULT_CAPABILITIES, DEFAULT_CAPABILITIES],
  [[], ['chown'], DEFAULT_CAPABILITIES, without('CAP_CHOWN')],
  [[], ['Cap_Chown'], DEFAULT_CAPABILITIES, without('CAP_CHOWN')],
  [[], ['ALL'], DEFAULT_CAPABILITIES, []],
  [['kill'], ['all'], DEFAULT_CAPABILITIES, ['CAP_KILL']],
  [['kill'], ['kill'], DEFAULT_CAPABILITIES, DEFAULT_CAPABILITIES],
  [[], [], ['kill'], ['CAP_KILL']],
  [[], [], [], []],
  [['net_raw'], ['all'], ['NET_RAW', 'chown'], ['CAP_NET_RAW']],
  [['sys_admin'], ['all'], ['all'], ['CAP_SYS_ADMIN']],
  [['all'], ['all'], ['all'], ['CAP_ALL']],
] as const) {
  test(`adding [${add.join()}], dropping [${drop.join()}] of [${allowed.join()}]`, () => {
    const { capabilities, issues } = capabilitiesFor(add, drop, allowed);
    assert.deepEqual(capabilities, [...expected].sort());
    assert.deepEqual(issues, []);
  });
}

for (const name of ['net_raw', 'sys_admin', 'all']) {
  test(`adding ${name} is refused where the operator does not allow it`, () => {
    const { capabilities, issues } = capabilitiesFor(['kill', name], ['all'], DEFAULT_CAPABILITIES);
    assert.deepEqual(capabilities, ['CAP_KILL']);
    assert.deepEqual(issues, [
      { path: 'cap_add[1]', message: `"${name}" is not allowed on this node` },
    ]);
  });
}
