import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeChangeNote, encodeChangeNote } from './change-note.ts';

test('a note is read as it was written, whatever bytes the files have', () => {
  const text = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
  const files = fc.array(fc.tuple(fc.string(), text)).map((rows) => new Map(rows));
  fc.assert(
    fc.property(fc.record({ attempt: fc.nat(), files }, { noNullPrototype: true }), (note) => {
      assert.deepEqual(decodeChangeNote(encodeChangeNote(note)), note);
    }),
  );
  const bytes = { attempt: 1, files: new Map([['a', '\udc80\udcff']]) };
  assert.deepEqual(decodeChangeNote(encodeChangeNote(bytes)), bytes);
});

test('what a task put in its place is no note', () => {
  for (const text of ['', 'x', '{}', 'null', '{"attempt":"1","files":[]}', '{"attempt":1}']) {
    assert.equal(decodeChangeNote(text), undefined, text);
  }
  assert.equal(decodeChangeNote('{"attempt":1,"files":[1]}'), undefined);
  fc.assert(fc.property(fc.json(), (text) => void decodeChangeNote(text)));
});
