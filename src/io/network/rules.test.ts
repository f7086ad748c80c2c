import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { freeAddress, parseSubnet } from './addresses.ts';
import { isPublished, owners, publish, withdraw } from './rules.ts';

test('subnets', () => {
  const subnet = parseSubnet('172.26.64.0/20');
  assert.ok(subnet !== undefined);
  assert.equal(subnet.gateway, '172.26.64.1');
  assert.equal(subnet.at(0), '172.26.64.2');
  assert.equal(subnet.at(254), '172.26.65.0');
  assert.equal(subnet.at(subnet.room - 1), '172.26.79.254');
  assert.equal(parseSubnet('172.26.70.9/20')?.cidr, '172.26.64.0/20');
  for (const bad of ['', '1.2.3.4', '1.2.3.400/20', '1.2.3.4/31', '::1/64']) {
    assert.equal(parseSubnet(bad), undefined, bad);
  }
  const small = parseSubnet('10.0.0.0/29');
  assert.ok(small !== undefined);
  const all = ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'];
  assert.equal(freeAddress(small, new Set(all.slice(0, 2))), '10.0.0.4');
  assert.equal(freeAddress(small, new Set(all)), undefined);
});

const port = (value: number, to: number): Parameters<typeof publish>[2][number] => ({
  label: 'http',
  value,
  to,
  hostIp: '127.0.0.1',
  dynamic: true,
});

test('FW1: what was published for an allocation is withdrawn, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[0-9a-f]{1,8}(-[0-9a-f]{4})?$/), { minLength: 1 }),
      fc.nat(),
      (ids, pick) => {
        const rules = ids.map((id) => publish(id, '172.26.64.2', [port(20_000, 80)]));
        const listing = ['-N MUSTER-DNAT', ...rules.flat()].join('\n');
        assert.deepEqual([...owners(listing)].sort(), [...ids].sort());
        const at = pick % ids.length;
        const gone = withdraw(listing, ids[at] ?? '');
        assert.deepEqual(
          gone,
          (rules[at] ?? []).map((rule) => rule.replace('-A', '-D')),
        );
      },
    ),
  );
});

test('rules as the packet filter lists them are recognised', () => {
  const rules = publish('a', '172.26.64.2', [port(20_000, 80)]);
  const listing = rules.map((rule) => rule.replace('muster:a', '"muster:a"')).join('\n');
  assert.ok(isPublished(listing, 'a', rules));
  assert.ok(!isPublished(listing, 'a', publish('a', '172.26.64.3', [port(20_000, 80)])));
  assert.ok(!isPublished(listing, 'a', []));
  assert.ok(isPublished(listing, 'b', []));
});

test('a port without a place inside keeps its number', () => {
  const [tcp] = publish('a', '172.26.64.2', [port(20_000, -1)]);
  assert.ok(tcp?.endsWith('--to-destination 172.26.64.2:20000'));
});
