import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offer } from './offer.fixture.ts';
import { destinationUrl, sourceText, type Destination } from './rule.ts';

const rows: [tag: string, to: Partial<Destination>, source: string, url: string][] = [
  ['/x', {}, '/x', 'http://10.0.0.1:8001/'],
  ['a.com/x proto=https', {}, 'a.com/x', 'https://10.0.0.1:8001/'],
  ['/x', { path: '/inner' }, '/x', 'http://10.0.0.1:8001/inner'],
  ['/x', { host: 'fe80::1' }, '/x', 'http://[fe80::1]:8001/'],
  [':3306 proto=tcp', {}, ':3306', 'tcp://10.0.0.1:8001'],
  ['a.com/ proto=tcp+sni', {}, 'a.com/', 'tcp://10.0.0.1:8001'],
];
for (const [tag, to, source, url] of rows) {
  test(`${tag} goes from ${source} to ${url}`, () => {
    const made = offer(tag);
    assert.equal(sourceText(made.source), source);
    assert.equal(destinationUrl({ ...made, destination: { ...made.destination, ...to } }), url);
  });
}
