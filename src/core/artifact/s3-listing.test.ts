import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bucketOf, keysIn, signableUrl } from './s3-listing.ts';

test('where the bucket is', () => {
  const rows: readonly (readonly [url: string, base: string, prefix: string])[] = [
    ['http://127.0.0.1:9000/b/dir/sub', 'http://127.0.0.1:9000/b', 'dir/sub/'],
    ['http://127.0.0.1:9000/b/', 'http://127.0.0.1:9000/b', ''],
    ['https://s3-eu-west-1.amazonaws.com/b/a%20b/', 'https://s3-eu-west-1.amazonaws.com/b', 'a b/'],
    ['https://b.s3.amazonaws.com/k', 'https://b.s3.amazonaws.com', 'k/'],
    ['https://b.s3-eu-west-1.amazonaws.com/', 'https://b.s3-eu-west-1.amazonaws.com', ''],
  ];
  for (const [url, base, prefix] of rows) assert.deepEqual(bucketOf(url), { base, prefix }, url);
});

test('what a listing says', () => {
  const xml =
    '<ListBucketResult><Contents><Key>a/b</Key></Contents><Contents><Key>a/&amp;&#65;&#x42;</Key>' +
    '</Contents><NextContinuationToken>x&lt;y</NextContinuationToken></ListBucketResult>';
  assert.deepEqual(keysIn(xml), { keys: ['a/b', 'a/&AB'], next: 'x<y' });
  assert.deepEqual(keysIn('<ListBucketResult/>'), { keys: [] });
  fc.assert(fc.property(fc.string(), (text) => void keysIn(`<Key>${text}</Key>`)));
});

test('an address is escaped once, however it was written', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['http://h/b/a b+c', 'http://h/b/a%20b%2Bc'],
    ['http://h/b/a%20b%2Bc?versionId=1', 'http://h/b/a%20b%2Bc?versionId=1'],
    ['http://h/b/(1)!', 'http://h/b/%281%29%21'],
    ['http://h/b/100%', 'http://h/b/100%25'],
    ['http://h', 'http://h'],
  ];
  for (const [url, expected] of rows) assert.equal(signableUrl(url), expected);
  const url = fc.string().map((path) => signableUrl(`http://h/b/${path}`));
  fc.assert(fc.property(url, (once) => assert.equal(signableUrl(once), once)));
});
