/**
 * Artifacts from what they come from in the world: git over a real `sshd`, and a bucket of S3 that
 * Amazon's own library guards.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { planArtifact } from '../../src/core/artifact/source.ts';
import type { Artifact } from '../../src/core/model/task.ts';
import { SystemArtifacts } from '../../src/io/artifact/artifacts.ts';
import { findProgram } from '../../src/io/network/commands.ts';
import { freePort } from '../free-port.ts';

const root = mkdtempSync(join(tmpdir(), 'artifact-sources-'));
const artifacts = new SystemArtifacts({ dir: join(root, 'cache'), bytesMax: 1024 * 1024 });
const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

let tasks = 0;

/** Fetches into a task's directory of its own; answers `local` in it. */
async function fetched(
  source: string,
  options: Readonly<Record<string, string>> = {},
  more: Partial<Artifact> = {},
): Promise<string> {
  const taskDir = join(root, `alloc-${tasks++}`, 'task');
  mkdirSync(join(taskDir, 'local'), { recursive: true });
  const plan = planArtifact({
    ...{ source, options, headers: {}, mode: 'any', destination: 'local/' },
    ...more,
  });
  assert.ok(!('mistake' in plan), JSON.stringify(plan));
  await artifacts.fetch(plan, { taskDir }, AbortSignal.timeout(120_000));
  return join(taskDir, 'local');
}

const filesIn = (dir: string): readonly string[] =>
  (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => !name.startsWith('.git'))
    .sort();

/** A server of ours, with a throw-away key that it lets in. */
interface Ssh {
  readonly port: number;
  readonly user: string;
  /** The key, as the option wants it. */
  readonly key: string;
}

async function startSshd(): Promise<Ssh> {
  const dir = join(root, 'ssh');
  mkdirSync(dir, { mode: 0o700 });
  for (const name of ['host', 'user', 'stranger']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  }
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(dir, 'host')}`,
    `AuthorizedKeysFile ${join(dir, 'user.pub')}`,
    ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'UsePAM no'],
    ...['PidFile none', 'StrictModes no', 'PermitRootLogin yes'],
  ];
  writeFileSync(join(dir, 'config'), `${lines.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true });
  const sshd = findProgram('sshd') ?? '/usr/sbin/sshd';
  const child = spawn(sshd, ['-D', '-e', '-f', join(dir, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  const deadline = Date.now() + 60_000;
  while (!said.includes('Server listening')) {
    assert.ok(Date.now() < deadline && child.exitCode === null, said);
    await delay(20);
  }
  return {
    port,
    user: userInfo().username,
    key: readFileSync(join(dir, 'user')).toString('base64'),
  };
}

const git = (dir: string, ...args: readonly string[]): string =>
  execFileSync(
    'git',
    [
      '-C',
      dir,
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      '-c',
      'protocol.file.allow=always',
      ...args,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  ).trim();

function commit(dir: string, text: string): string {
  writeFileSync(join(dir, 'file'), text);
  git(dir, 'add', '.');
  git(dir, 'commit', '--quiet', '-m', text);
  return git(dir, 'rev-parse', 'HEAD');
}

interface Served {
  /** The repository, on disk and as a source. */
  readonly work: string;
  readonly url: string;
  readonly key: string;
  /** The commit that is `v1`. */
  readonly first: string;
}

/** `main` is two, `v1` one, `side` three. */
async function servedByGit(): Promise<Served> {
  const { port, user, key } = await startSshd();
  const work = join(root, 'work');
  mkdirSync(work);
  git(work, 'init', '--quiet', '--initial-branch=main');
  const first = commit(work, 'one');
  git(work, 'tag', 'v1');
  commit(work, 'two');
  git(work, 'checkout', '--quiet', '-b', 'side');
  commit(work, 'three');
  git(work, 'checkout', '--quiet', 'main');
  return { work, url: `git::ssh://${user}@127.0.0.1:${port}${work}`, key, first };
}

const hasSshd = findProgram('sshd') !== undefined || existsSync('/usr/sbin/sshd');

test(
  'git over ssh: key, branch, tag, commit, depth',
  { skip: hasSshd ? false : 'needs sshd' },
  async () => {
    const { work, url, key, first } = await servedByGit();
    const text = (dir: string): string => readFileSync(join(dir, 'file'), 'utf8');
    const rows: readonly (readonly [Record<string, string>, string])[] = [
      [{}, 'two'],
      [{ ref: 'side' }, 'three'],
      [{ ref: 'v1' }, 'one'],
      [{ ref: first }, 'one'],
      [{ ref: first.slice(0, 8) }, 'one'],
      [{ ref: 'side', depth: '1' }, 'three'],
      [{ depth: '1' }, 'two'],
    ];
    for (const [options, expected] of rows) {
      const dir = await fetched(url, { sshkey: key, ...options });
      assert.equal(text(dir), expected, JSON.stringify(options));
      const count = git(dir, 'rev-list', '--count', 'HEAD');
      const isShort = options['depth'] === '1' || expected === 'one';
      assert.equal(count === '1', isShort, JSON.stringify(options));
    }
    const mode = { mode: 'file', destination: 'local/mine' } as const;
    const wanted = await fetched(`${url}//fi*`, { sshkey: key }, mode);
    assert.equal(readFileSync(join(wanted, 'mine'), 'utf8'), 'two');

    const stranger = readFileSync(join(root, 'ssh', 'stranger')).toString('base64');
    await assert.rejects(fetched(url, { sshkey: stranger }), /Permission denied/);
    await assert.rejects(fetched(`${url}-none`, { sshkey: key }), /git fetch of/);

    const library = join(root, 'library');
    mkdirSync(library);
    git(library, 'init', '--quiet', '--initial-branch=main');
    commit(library, 'of the library');
    git(work, 'submodule', '--quiet', 'add', library, 'lib');
    const submodule = ['config', '-f', '.gitmodules', 'submodule.lib.url'];
    git(work, ...submodule, url.replace('git::', '').replace(work, library));
    git(work, 'commit', '--quiet', '-am', 'lib');
    const whole = await fetched(url, { sshkey: key });
    assert.equal(readFileSync(join(whole, 'lib', 'file'), 'utf8'), 'of the library');
    // A repository from afar gets nothing of this machine by naming it.
    git(work, ...submodule, `file://${library}`);
    git(work, 'commit', '--quiet', '-am', 'sly');
    await assert.rejects(fetched(url, { sshkey: key }), /not allowed/);
  },
);

const hasBotocore = spawnSync('python3', ['-c', 'import botocore']).status === 0;

test(
  'S3: signed as Amazon signs, objects, versions, and what is below a prefix',
  { skip: hasBotocore ? false : 'needs python3-botocore' },
  async () => {
    const bucket = join(root, 'bucket');
    mkdirSync(join(bucket, 'dir', 'sub'), { recursive: true });
    const names = ['one.txt', 'dir/a b+c.txt', 'dir/sub/ä~(1)!.txt', 'dir/x=1&y=2'];
    for (const name of names) writeFileSync(join(bucket, name), `content of ${name}`);
    writeFileSync(join(bucket, 'app'), 'x');
    execFileSync('tar', ['-C', bucket, '-czf', join(bucket, 'app.tar.gz'), 'app']);
    const [id, secret, token, region] = ['AKID', 'se/cr+et', 'session/token==', 'eu-west-3'];
    const script = join(import.meta.dirname, 's3-server.py');
    const child = spawn('python3', [script, bucket, id, secret, token, region], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    const port = await new Promise<string>((resolve) => {
      child.stdout.once('data', (piece: Buffer) => resolve(piece.toString().trim()));
    });
    const url = `s3::http://127.0.0.1:${port}/bucket`;
    const keys = {
      ...{ aws_access_key_id: id, aws_access_key_secret: secret, aws_access_token: token, region },
    };
    for (const name of names) {
      const typed = name.includes('&') ? 'dir/x%3D1%26y%3D2' : name;
      const dir = await fetched(`${url}/${typed}`, keys);
      const file = name.slice(name.lastIndexOf('/') + 1);
      assert.equal(readFileSync(join(dir, file), 'utf8'), `content of ${name}`);
    }
    const sum = createHash('sha256').update('content of one.txt').digest('hex');
    await fetched(`${url}/one.txt`, { ...keys, checksum: `sha256:${sum}`, version: '1' });
    assert.deepEqual(filesIn(await fetched(`${url}/app.tar.gz`, keys)), ['app']);
    const below = ['a b+c.txt', 'sub', 'sub/ä~(1)!.txt', 'x=1&y=2'];
    assert.deepEqual(filesIn(await fetched(`${url}/dir`, keys)), below);
    assert.deepEqual(filesIn(await fetched(`${url}/dir/`, keys)), below);

    const refused: readonly (readonly [string, Record<string, string>, RegExp])[] = [
      ['one.txt', { ...keys, aws_access_key_secret: 'other' }, /403/],
      ['one.txt', { ...keys, aws_access_token: '' }, /403/],
      ['one.txt', { ...keys, region: 'us-east-1' }, /403/],
      ['one.txt', {}, /403/],
      ['none.txt', keys, /404/],
      ['one.txt', { ...keys, version: '2' }, /404/],
      ['none/', keys, /nothing in it/],
    ];
    for (const [name, options, message] of refused) {
      await assert.rejects(fetched(`${url}/${name}`, options), message, name);
    }
  },
);
