import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns, keyValues } from './columns.ts';

test('columns are as wide as their widest cell, the last is not padded', () => {
  assert.equal(
    columns([
      ['ID', 'Type', 'Status'],
      ['http-echo', 'service', 'running'],
    ]),
    'ID         Type     Status\nhttp-echo  service  running',
  );
});

test('an empty last cell leaves the gap before it', () => {
  assert.equal(
    columns([
      ['Disk', 'Addresses'],
      ['300 MiB', ''],
    ]),
    'Disk     Addresses\n300 MiB  ',
  );
});

test('colour codes take no room', () => {
  assert.equal(
    columns([
      ['\u001b[1mab\u001b[0m', 'x'],
      ['abc', 'y'],
    ]),
    '\u001b[1mab\u001b[0m   x\nabc  y',
  );
});

test('key and value are joined by an equals sign', () => {
  assert.equal(
    keyValues([
      ['ID', 'a1'],
      ['Job ID', 'web'],
    ]),
    'ID     = a1\nJob ID = web',
  );
});
