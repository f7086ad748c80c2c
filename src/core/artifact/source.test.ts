import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Artifact } from '../model/task.ts';
import { planArtifact, type ArtifactOrigin, type ArtifactPlan } from './source.ts';

function planOf(
  source: string,
  options: Readonly<Record<string, string>> = {},
  more: Partial<Artifact> = {},
): ReturnType<typeof planArtifact> {
  return planArtifact({
    ...{ source, options, headers: {}, mode: 'any', destination: 'local/' },
    ...more,
  });
}

function good(...args: Parameters<typeof planOf>): ArtifactPlan {
  const plan = planOf(...args);
  assert.ok(!('mistake' in plan), JSON.stringify(plan));
  return plan;
}

const git = (url: string, ref = ''): ArtifactOrigin => ({
  ...{ from: 'git', url, ref, sshKey: '', depth: 0 },
});

test('where an artifact comes from', () => {
  const rows: readonly (readonly [string, ArtifactOrigin])[] = [
    ['http://h/a.tgz', { from: 'http', url: 'http://h/a.tgz' }],
    ['https://h/a?x=1&archive=false', { from: 'http', url: 'https://h/a?x=1' }],
    ['file:///srv/a%20b', { from: 'file', path: '/srv/a b' }],
    ['/srv/a', { from: 'file', path: '/srv/a' }],
    ['git::https://h/r?ref=v1', git('https://h/r', 'v1')],
    ['https://h/o/r.git', git('https://h/o/r.git')],
    ['git@github.com:o/r.git', git('ssh://git@github.com/o/r.git')],
    ['github.com/o/r', git('https://github.com/o/r.git')],
    ['github.com/o/r//sub/dir', git('https://github.com/o/r.git')],
    [
      's3::https://s3-eu-west-1.amazonaws.com/b/k.zip',
      { from: 's3', url: 'https://s3-eu-west-1.amazonaws.com/b/k.zip', region: 'eu-west-1' },
    ],
    [
      'b.s3.amazonaws.com/k.zip',
      { from: 's3', url: 'https://b.s3.amazonaws.com/k.zip', region: 'us-east-1' },
    ],
  ];
  for (const [source, origin] of rows) assert.deepEqual(good(source).origin, origin, source);
});

test('names, parts and packing', () => {
  const plan = good('https://h/dir/app-1.0.tar.gz//app/bin?archive=zip');
  assert.equal(plan.fileName, 'app-1.0.tar.gz');
  assert.equal(plan.subdir, 'app/bin');
  assert.equal(plan.packing?.container, 'zip');
  assert.equal(good('http://h/a.tar.gz', { archive: 'false' }).packing, undefined);
  assert.deepEqual(good('http://h/a.json.xz').packing, { container: 'single', compression: 'xz' });
  assert.equal(good('http://h/download?id=7', { filename: 'a.zip' }).packing?.container, 'zip');
});

test('checksums in every spelling', () => {
  const hex = 'A'.repeat(64);
  const sha = { kind: 'sha256', hex: 'a'.repeat(64) };
  assert.deepEqual(good('http://h/a', { checksum: `sha256:${hex}` }).checksum, sha);
  assert.deepEqual(good('http://h/a', { checksum: hex }).checksum, sha);
  assert.deepEqual(good(`http://h/a?checksum=file:http://h/SUMS`).checksum, {
    listUrl: 'http://h/SUMS',
  });
});

test('what is wrong is said', () => {
  const rows: readonly (readonly [string, Record<string, string>, Partial<Artifact>, RegExp])[] = [
    ['ftp://h/a', {}, {}, /neither http/],
    ['hg::http://h/a', {}, {}, /no way to fetch "hg::"/],
    ['s3::http://h/b/k', { aws_profile: 'x' }, {}, /aws_profile is not looked at/],
    ['http://h/a', { checksum: 'crc:1' }, {}, /no kind/],
    ['http://h/a', { checksum: 'md5:xyz' }, {}, /32 hexadecimal/],
    ['http://h/a', { archive: 'rar' }, {}, /archive "rar"/],
    ['http://h/', {}, {}, /names no file/],
    ['http://h/a', {}, { destination: '../../etc' }, /leads out/],
    ['http://h/a', {}, { destination: '/etc' }, /leads out/],
    ['http://h/a.zip//../x', {}, {}, /leads out/],
    ['git::https://h/r?ref=--upload-pack=x', {}, {}, /not the name of a branch/],
  ];
  for (const [source, options, more, message] of rows) {
    const plan = planOf(source, options, more);
    assert.ok(
      'mistake' in plan && message.test(plan.mistake),
      `${source}: ${JSON.stringify(plan)}`,
    );
  }
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), (source) => void planOf(source)));
  fc.assert(fc.property(fc.webUrl({ withQueryParameters: true }), (url) => void planOf(url)));
});
