import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isWithin, labelTexts, NAME_BYTES_MAX, parseName, ROOT } from './name.ts';
import { PacketReader } from './packet-reader.ts';

const rows: [text: string, folded: string | undefined, labels: string[]][] = [
  ['web.service.consul', 'web.service.consul', ['web', 'service', 'consul']],
  ['Web.Service.CONSUL.', 'web.service.consul', ['web', 'service', 'consul']],
  ['', '', []],
  ['.', '', []],
  ['a\\.b.c', 'a\\.b.c', ['a\\.b', 'c']],
  ['a\\046b', 'a\\.b', ['a\\.b']],
  ['a\\000', 'a\\000', ['a\\000']],
  ['a b', 'a\\032b', ['a\\032b']],
  ['ä', '\\195\\164', ['\\195\\164']],
  ['a..b', undefined, []],
  ['.a', undefined, []],
  ['a..', undefined, []],
  ['a\\', undefined, []],
  ['a\\256', undefined, []],
  ['a\\12', undefined, []],
  ['x'.repeat(63), 'x'.repeat(63), ['x'.repeat(63)]],
  ['x'.repeat(64), undefined, []],
  ['abc.'.repeat(63), 'abc.'.repeat(63).slice(0, -1), Array<string>(63).fill('abc')],
  ['abc.'.repeat(64), undefined, []],
];
for (const [text, folded, labels] of rows) {
  test(`"${text.slice(0, 40)}" is ${folded === undefined ? 'no name' : `"${folded.slice(0, 40)}"`}`, () => {
    const name = parseName(text);
    assert.equal(name?.text, folded);
    assert.deepEqual(name === undefined ? [] : labelTexts(name), labels);
  });
}

test('N2: the wire keeps the case', () => {
  assert.deepEqual(parseName('Ab.c')?.wire, Uint8Array.of(2, 0x41, 0x62, 1, 0x63, 0));
});

test('a name goes in front of another, if there is room', () => {
  const zone = parseName('a.Consul');
  assert.ok(zone !== undefined);
  const name = parseName('x.y', zone);
  assert.equal(name?.text, 'x.y.a.consul');
  assert.deepEqual(name.wire, parseName('x.y.a.Consul')?.wire);
  assert.deepEqual(name.starts, parseName('x.y.a.consul')?.starts);
  assert.equal(parseName('abc.'.repeat(62), zone), undefined);
});

const within: [name: string, zone: string, is: boolean][] = [
  ['consul', 'consul', true],
  ['a.consul', 'consul', true],
  ['aconsul', 'consul', false],
  ['a.bconsul', 'consul', false],
  ['a\\.consul', 'consul', false],
  ['consul.a', 'consul', false],
  ['a.b.c', 'b.c', true],
  ['a', '', true],
  ['', 'a', false],
];
for (const [name, zone, is] of within) {
  test(`"${name}" ${is ? 'lies' : 'does not lie'} within "${zone}"`, () => {
    assert.equal(isWithin(parseName(name) ?? ROOT, parseName(zone) ?? ROOT), is);
  });
}

test('N1: names of whatever bytes are read back from their text and from the wire', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 6 }), (labels) => {
      const wire = Uint8Array.from([...labels.flatMap((one) => [one.length, ...one]), 0]);
      const read = new PacketReader(wire, 0).name();
      if (wire.length > NAME_BYTES_MAX) {
        assert.equal(read, undefined);
        return;
      }
      assert.deepEqual(read?.wire, wire);
      const again = parseName(read.text);
      assert.equal(again?.text, read.text);
      assert.deepEqual(again.starts, read.starts);
    }),
  );
});
