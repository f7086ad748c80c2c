import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure } from '../../base/failure.ts';
import { planArtifact } from '../../core/artifact/source.ts';
import type { Artifact } from '../../core/model/task.ts';
import type { ArtifactProgress } from '../../ports/artifacts.ts';
import { SystemArtifacts } from './artifacts.ts';

const root = mkdtempSync(join(tmpdir(), 'muster-artifact-test-'));
const cacheDir = join(root, 'cache');
const artifacts = new SystemArtifacts({ dir: cacheDir, bytesMax: 1024 * 1024 });
/** How much of the last download had come, and of how much. */
let heard: ArtifactProgress[] = [];
const progress = (got: ArtifactProgress): unknown => heard.push(got);
const files = new Map<string, Buffer>();
const seen: IncomingMessage[] = [];
let address = '';

/** What was broken off already. */
const cut = new Set<string>();

/** Serves `files`; `/cut/NAME` breaks off in the middle the first time. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  seen.push(request);
  const path = (request.url ?? '').replace(/\?.*/, '');
  if (path.startsWith('/go/')) {
    response.writeHead(302, { location: path.slice('/go'.length) }).end();
    return;
  }
  const bytes = files.get(path.replace('/cut/', '/'));
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from });
  if (path.startsWith('/cut/') && !cut.has(path)) {
    cut.add(path);
    response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.end());
  } else response.end(bytes.subarray(from));
}

const server = createServer(serve);

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tree = join(root, 'tree');
  mkdirSync(join(tree, 'app', 'bin'), { recursive: true });
  writeFileSync(join(tree, 'app', 'bin', 'run'), '#!/bin/sh\n', { mode: 0o4755 });
  writeFileSync(join(tree, 'app', 'conf'), 'x=1\n');
  symlinkSync('bin/run', join(tree, 'app', 'start'));
  for (const [name, flag] of [
    ['app.tar.gz', '-czf'],
    ['app.tar.bz2', '-cjf'],
    ['app.tar.xz', '-cJf'],
    ['app.tar', '-cf'],
  ] as const) {
    execFileSync('tar', ['-C', tree, flag, join(root, name), 'app']);
    files.set(`/${name}`, readFileSync(join(root, name)));
  }
  files.set('/one.txt', Buffer.from('one\n'));
  files.set('/one.txt.gz', gzipSync('one\n'));
  files.set('/tree', Buffer.from('one\n'));
});

after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(root, { recursive: true, force: true });
});

let tasks = 0;

function taskDir(): string {
  const dir = join(root, `alloc-${tasks++}`, 'task');
  mkdirSync(join(dir, 'local'), { recursive: true });
  return dir;
}

async function fetchInto(
  dir: string,
  source: string,
  options: Readonly<Record<string, string>> = {},
  more: Partial<Artifact> = {},
): Promise<void> {
  const plan = planArtifact({
    ...{ source, options, headers: {}, mode: 'any', destination: 'local/' },
    ...more,
  });
  assert.ok(!('mistake' in plan), JSON.stringify(plan));
  await artifacts.fetch(plan, { taskDir: dir, progress }, new AbortController().signal);
}

function fails(work: Promise<void>, fault: string, message: RegExp): Promise<void> {
  return assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof Failure && error.fault === fault, String(error));
    assert.match(error.message, message);
    return true;
  });
}

test('archives of every compression are unpacked, without special rights', async () => {
  for (const name of ['app.tar.gz', 'app.tar.bz2', 'app.tar.xz', 'app.tar']) {
    const dir = taskDir();
    await fetchInto(dir, `${address}/${name}`);
    assert.equal(readFileSync(join(dir, 'local/app/start'), 'utf8'), '#!/bin/sh\n', name);
    assert.equal(statSync(join(dir, 'local/app/bin/run')).mode & 0o7777, 0o755, name);
  }
});

test('a part of an archive, a single file, a file under another name', async () => {
  const dir = taskDir();
  await fetchInto(dir, `${address}/app.tar.gz//app/bin`);
  assert.ok(existsSync(join(dir, 'local/run')));
  await fetchInto(dir, `${address}/one.txt`);
  await fetchInto(dir, `${address}/tree`);
  await fetchInto(dir, `${address}/one.txt.gz`, {}, { destination: 'local/gz' });
  await fetchInto(dir, `${address}/one.txt`, {}, { mode: 'file', destination: 'local/my.txt' });
  for (const name of ['one.txt', 'tree', 'gz/one.txt', 'my.txt']) {
    assert.equal(readFileSync(join(dir, 'local', name), 'utf8'), 'one\n', name);
  }
});

test('a wrong checksum leaves nothing behind; right ones of each kind are taken', async () => {
  const dir = taskDir();
  const url = `${address}/one.txt`;
  const wrong = fetchInto(dir, url, { checksum: `sha256:${'0'.repeat(64)}` });
  await fails(wrong, 'invalid', /Checksums did not match/);
  assert.ok(!existsSync(join(dir, 'local/one.txt')));
  for (const kind of ['md5', 'sha1', 'sha256', 'sha512']) {
    const hex = createHash(kind).update('one\n').digest('hex');
    await fetchInto(dir, url, { checksum: `${kind}:${hex}` });
    files.set('/SUMS', Buffer.from(`${hex}  one.txt\n`));
    await fetchInto(dir, url, { checksum: `file:${address}/SUMS` });
  }
});

test('a broken download goes on where it was; redirects are followed without headers', async () => {
  const dir = taskDir();
  await fetchInto(dir, `${address}/cut/app.tar.gz`);
  assert.ok(existsSync(join(dir, 'local/app/conf')));
  const other = address.replace('127.0.0.1', 'localhost');
  files.set('/elsewhere', Buffer.from('x'));
  await fetchInto(dir, `${address}/go/one.txt`, {}, { headers: { 'X-Token': 'secret' } });
  assert.equal(seen.at(-1)?.headers['x-token'], 'secret', 'the same host');
  seen.length = 0;
  files.delete('/elsewhere');
  await fails(fetchInto(dir, `${other}/nothing`), 'invalid', /bad response code: 404/);
});

/** A tar of entries whose headers say what a program would not let one say. */
function hostileTar(entries: readonly { name: string; type: string; link?: string }[]): Buffer {
  const blocks = entries.map(({ name, type, link = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write('00000000000\0', 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return header;
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test('an archive that would leave its directory fails with archive and entry named', async () => {
  const rows: readonly (readonly [string, { name: string; type: string; link?: string }[]])[] = [
    ['../../escaped', [{ name: '../../escaped', type: '0' }]],
    ['/tmp/escaped', [{ name: '/tmp/escaped', type: '0' }]],
    ['l', [{ name: 'l', type: '2', link: '/etc' }]],
    ['h', [{ name: 'h', type: '1', link: '../../x' }]],
    ['fifo', [{ name: 'fifo', type: '6' }]],
    ['dev', [{ name: 'dev', type: '3' }]],
    ['block', [{ name: 'block', type: '4' }]],
    ['a/../../escaped', [{ name: 'a/../../escaped', type: '0' }]],
    ['abs', [{ name: 'abs', type: '1', link: '/etc/passwd' }]],
    ['up', [{ name: 'up', type: '2', link: '../up' }]],
    [
      'l/x',
      [
        { name: 'd/', type: '5' },
        { name: 'l', type: '2', link: 'd' },
        { name: 'l/x', type: '0' },
      ],
    ],
  ];
  for (const [entry, entries] of rows) {
    const dir = taskDir();
    files.set('/evil.tar', hostileTar(entries));
    const escaped = entry.replace(/[./]/g, '\\$&');
    await fails(
      fetchInto(dir, `${address}/evil.tar`),
      'invalid',
      new RegExp(`evil\\.tar: entry "${escaped}"`),
    );
    assert.ok(!existsSync(join(dir, '..', '..', 'escaped')));
  }
});

test('P1: a link that an earlier run left behind is not written through', async () => {
  const dir = taskDir();
  const outside = join(root, 'outside');
  mkdirSync(outside, { recursive: true });
  symlinkSync(outside, join(dir, 'local', 'app'));
  await fails(fetchInto(dir, `${address}/app.tar.gz`), 'denied', /a link out of the task/);
  assert.ok(!existsSync(join(outside, 'conf')));
});

test('U2: an archive that becomes too large is broken off', async () => {
  const dir = taskDir();
  const zeros = Buffer.alloc(90 * 1024 * 1024);
  files.set('/bomb.gz', gzipSync(zeros, { level: 9 }));
  await fails(fetchInto(dir, `${address}/bomb.gz`), 'exhausted', /becomes too large/);
});

test('a file whose checksum is known is fetched once, and checked each time', async () => {
  files.set('/shared.txt', Buffer.from('shared'));
  const hex = createHash('sha256').update('shared').digest('hex');
  const options = { checksum: `sha256:${hex}` };
  const source = `${address}/shared.txt`;
  const asked = (): number => seen.filter(({ url }) => url === '/shared.txt').length;
  const dirs = [taskDir(), taskDir(), taskDir()];
  heard = [];
  await Promise.all(dirs.map((dir) => fetchInto(dir, source, options)));
  assert.equal(asked(), 1);
  assert.deepEqual(heard.at(-1), { receivedBytes: 6, totalBytes: 6 });
  for (const dir of dirs) {
    assert.equal(readFileSync(join(dir, 'local', 'shared.txt'), 'utf8'), 'shared');
    writeFileSync(join(dir, 'local', 'shared.txt'), 'by a task');
  }
  await fetchInto(taskDir(), source, options);
  assert.equal(asked(), 1);
  // A disk that has changed it is found out.
  const kept = readdirSync(cacheDir).find((name) => name.endsWith(hex));
  writeFileSync(join(cacheDir, kept ?? ''), 'broken');
  const dir = taskDir();
  await fetchInto(dir, source, options);
  assert.equal(readFileSync(join(dir, 'local', 'shared.txt'), 'utf8'), 'shared');
  assert.equal(asked(), 2);
  await fetchInto(taskDir(), source);
  assert.equal(asked(), 3);
});

test('git: a branch, a tag, a commit, a part; a link out of the repository is refused', async () => {
  const repository = join(root, 'repository');
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
    }).trim();
  mkdirSync(join(repository, 'sub'), { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(repository, 'sub', 'file'), 'one');
  git('add', '.');
  git('commit', '--quiet', '-m', 'one');
  git('tag', 'v1');
  const first = git('rev-parse', 'HEAD');
  writeFileSync(join(repository, 'sub', 'file'), 'two');
  git('commit', '--quiet', '-am', 'two');
  const url = `git::file://${repository}`;
  for (const [source, text] of [
    [url, 'two'],
    [`${url}?ref=main&depth=1`, 'two'],
    [`${url}?ref=v1`, 'one'],
    [`${url}?ref=${first}`, 'one'],
  ] as const) {
    const dir = taskDir();
    await fetchInto(dir, source);
    assert.equal(readFileSync(join(dir, 'local/sub/file'), 'utf8'), text, source);
  }
  await fails(fetchInto(taskDir(), `${url}?ref=none`), 'invalid', /git fetch of .*none/);
  symlinkSync('/etc/passwd', join(repository, 'evil'));
  git('add', '.');
  git('commit', '--quiet', '-m', 'evil');
  await fails(fetchInto(taskDir(), url), 'invalid', /"evil" is a link out of it/);
});

test('a user and password in the address, and what they are not sent to', async () => {
  const dir = taskDir();
  const own = address.replace('://', '://exampleUser:pass%2Fword%21@');
  const sent = (): string => {
    const [, pair = ''] = (seen.at(-1)?.headers.authorization ?? '').split(' ');
    return Buffer.from(pair, 'base64').toString();
  };
  await fetchInto(dir, `${own}/one.txt`);
  assert.equal(sent(), 'exampleUser:pass/word!');
  const headers = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
  await fetchInto(dir, `${own}/one.txt`, {}, { headers });
  assert.equal(sent(), 'a:b', 'what the job says itself counts more');
  const other = createServer((request, response) => {
    response.writeHead(302, { location: `${address}${request.url ?? ''}` }).end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = other.address() as AddressInfo;
    const token = { headers: { 'X-Token': 'secret' } };
    await fetchInto(dir, `http://u:p@127.0.0.1:${port}/one.txt`, {}, token);
    assert.deepEqual([sent(), seen.at(-1)?.headers['x-token']], ['', undefined], 'D1');
  } finally {
    other.close();
    other.closeAllConnections();
  }
  const failure = fetchInto(dir, `${own}/nothing`);
  await assert.rejects(failure, (error: unknown) => !String(error).includes('pass'));
});

test('mode and patterns: one file of an archive, one entry that fits', async () => {
  const dir = taskDir();
  const alone = join(root, 'alone');
  mkdirSync(alone);
  writeFileSync(join(alone, 'only'), 'one\n');
  execFileSync('tar', ['-C', alone, '-czf', join(root, 'only.tgz'), 'only']);
  execFileSync('zip', ['-q', join(root, 'only.zip'), 'only'], { cwd: alone });
  for (const name of ['only.tgz', 'only.zip']) {
    files.set(`/${name}`, readFileSync(join(root, name)));
    const destination = `local/my-${name}`;
    await fetchInto(dir, `${address}/${name}`, {}, { mode: 'file', destination });
    assert.equal(readFileSync(join(dir, destination), 'utf8'), 'one\n');
  }
  const whole = fetchInto(
    dir,
    `${address}/app.tar.gz`,
    {},
    { mode: 'file', destination: 'local/x' },
  );
  await fails(whole, 'invalid', /is a directory, and its mode is "file"/);
  await fetchInto(
    dir,
    `${address}/app.tar.gz//a[p]p/b*`,
    {},
    { mode: 'dir', destination: 'local/b' },
  );
  assert.ok(existsSync(join(dir, 'local/b/run')));
  const many = fetchInto(dir, `${address}/app.tar.gz//app/*`);
  await fails(many, 'invalid', /"app\/\*" fits 3 entries of .*, not one/);
});

test('D2: a file that is another one by now is fetched from its beginning', async () => {
  let asked = 0;
  const bytes = (fill: string): Buffer => Buffer.alloc(200_000, fill);
  const changing = createServer((request, response) => {
    const isFirst = asked++ === 0;
    const etag = isFirst ? '"one"' : '"two"';
    const whole = bytes(isFirst ? '1' : '2');
    const resumes = request.headers.range !== undefined && request.headers['if-range'] === etag;
    response.writeHead(resumes ? 206 : 200, { etag, 'content-length': whole.length });
    if (isFirst) response.write(whole.subarray(0, 100_000), () => response.socket?.end());
    else response.end(whole);
  });
  await new Promise<void>((resolve) => changing.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = changing.address() as AddressInfo;
    const dir = taskDir();
    await fetchInto(dir, `http://127.0.0.1:${port}/file`);
    assert.ok(readFileSync(join(dir, 'local/file')).equals(bytes('2')));
    assert.equal(asked, 2);
  } finally {
    changing.close();
    changing.closeAllConnections();
  }
});
