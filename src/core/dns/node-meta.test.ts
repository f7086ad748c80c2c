import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directoryNode } from './directory.fixture.ts';
import { metaRecords } from './node-meta.ts';
import { TYPE } from './record.ts';

function texts(meta: Readonly<Record<string, string>>): string[] {
  return metaRecords(directoryNode('n', '10.0.0.1', { meta }), undefined, 3).map((record) => {
    assert.ok(record.type === TYPE.TXT && record.ttl === 3);
    return record.strings.map((string) => new TextDecoder().decode(string)).join('|');
  });
}

const rows: [key: string, value: string, text: string][] = [
  ['key', 'value', 'key=value'],
  ['key', 'a=b', 'key=a=b'],
  ['a=b', 'c', 'a`=b=c'],
  ['a`b', 'c`d', 'a``b=c``d'],
  ['  a b ', 'c ', '` ` a b` =c '],
  ['rfc1035-00', 'value0', 'value0'],
  ['RFC1035-x', 'k=`v', 'k=`v'],
  ['empty', '', 'empty='],
  ['rfc1035-empty', '', ''],
  ['umlaut', 'ü', 'umlaut=ü'],
];
for (const [key, value, text] of rows) {
  test(`${key} ${value} is "${text}"`, () => assert.deepEqual(texts({ [key]: value }), [text]));
}

test('long values are cut into strings of 255 bytes', () => {
  const value = 'x'.repeat(600);
  const [text] = texts({ 'rfc1035-x': value });
  assert.deepEqual(
    text?.split('|').map((string) => string.length),
    [255, 255, 90],
  );
});

test('what no record can hold is left out', () => {
  assert.deepEqual(texts({ a: 'x'.repeat(70_000), b: 'c' }), ['b=c']);
});
