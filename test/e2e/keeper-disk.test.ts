import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keeperSocketPath } from '../../src/io/keeper/find-keeper.ts';
import { forever, makeStand, until } from './keeper-stand.ts';

const isRoot = process.getuid?.() === 0;

test(
  'a full disk does not hold the task up, and output goes on when there is room',
  { skip: isRoot ? false : 'needs root' },
  async () => {
    const stand = await makeStand();
    const small = join(stand.dir, 'small');
    mkdirSync(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    assert.equal(mounted.status, 0, mounted.stderr.toString());
    try {
      writeFileSync(join(small, 'ballast'), Buffer.alloc(40_000));
      const go = join(stand.dir, 'go');
      const script = `head -c 500000 /dev/zero; sleep 0.1; touch ${go}.on; while [ ! -e ${go} ]; do sleep 0.02; done; echo after`;
      const base = join(small, 'web.stdout');
      const keeper = stand.client();
      const kept = await keeper.start(
        {
          id: 'full',
          argv: ['/bin/sh', '-c', script],
          env: { PATH: '/usr/bin:/bin' },
          cwd: '/',
          through: [],
          bornIn: [],
          cgroups: [],
          stdout: { base, maxFiles: 5, maxFileSize: 1_000_000 },
        },
        forever,
      );
      await until('the loss is told', () => readFileSync(stand.place.logPath, 'utf8') !== '');
      assert.match(readFileSync(stand.place.logPath, 'utf8'), /web\.stdout is lost .*ENOSPC\n$/);
      assert(statSync(`${base}.0`).size > 0);
      await until('all of it was written', () => existsSync(`${go}.on`));
      rmSync(join(small, 'ballast'));
      writeFileSync(go, '');
      assert.equal((await keeper.wait(kept, forever)).exitCode, 0);
      assert(readFileSync(`${base}.0`, 'latin1').endsWith('after\n'));
      await keeper.forget(kept);
    } finally {
      spawnSync('umount', ['-l', small]);
      await stand.clear();
    }
  },
);

test('a socket path that is too long for the system is replaced by a short one', () => {
  assert.equal(keeperSocketPath('/var/lib/muster'), '/var/lib/muster/keeper.sock');
  const long = `/${'x'.repeat(120)}`;
  const short = keeperSocketPath(long);
  assert(short.length < 60);
  assert.equal(keeperSocketPath(long), short);
  assert.notEqual(keeperSocketPath(`${long}y`), short);
});
