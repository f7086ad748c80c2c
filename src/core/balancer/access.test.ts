import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNetwork, liesIn } from './access.ts';

const rows: [address: string, network: string, want: boolean][] = [
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.4', '10.1.2.3', false],
  ['10.1.2.130', '10.1.2.128/25', true],
  ['10.1.2.127', '10.1.2.128/25', false],
  ['1.2.3.4', '0.0.0.0/0', true],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['fe80::1', 'fe80::/10', true],
  ['fec0::1', 'fe80::/10', false],
  ['::1', '::1', true],
  ['2001:db8:0:0:1::5', '2001:db8::/32', true],
  ['10.1.2.3', '::/0', false],
  ['nonsense', '0.0.0.0/0', false],
];
for (const [address, network, want] of rows) {
  test(`${address} ${want ? 'lies' : 'does not lie'} in ${network}`, () => {
    assert.equal(liesIn(address, [network]), want);
  });
}

test('what is no network is told apart', () => {
  for (const text of ['', '10.0.0.0/33', '10.0.0', '256.0.0.0', '::g', '1::2::3', '10.0.0.0/8/8']) {
    assert.equal(isNetwork(text), false, text);
  }
});
