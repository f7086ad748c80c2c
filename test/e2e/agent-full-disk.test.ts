/** An agent on a small file system of its own that fills up. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess, apiJob } from './agent-process.ts';

const SIZE_MB = 12;

/** A mounted file system, or why none can be. */
function mount(): { readonly dir: string; unmount(): void } | string {
  const dir = mkdtempSync(join(tmpdir(), 'muster-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'muster', dir], {
      stdio: 'pipe',
    });
  } catch (error) {
    rmSync(dir, { recursive: true });
    return `cannot mount: ${String(error)}`;
  }
  return {
    dir,
    unmount: () => {
      execFileSync('umount', ['-l', dir]);
      rmSync(dir, { recursive: true });
    },
  };
}

test('a full disk refuses writes clearly, reads go on, and writes work again', async (context) => {
  const small = mount();
  if (typeof small === 'string') {
    context.skip(small);
    return;
  }
  try {
    await using agent = await AgentProcess.make(
      'client { enabled = false }\nlog_level = "warn"',
      join(small.dir, 'data'),
    );
    agent.launch();
    await agent.until('it answers', async () => (await agent.request('GET', '/v1/jobs')).ok);
    const put = (id: string): Promise<Response> => {
      const padding = 'x'.repeat(20_000);
      return agent.request('PUT', '/v1/jobs', apiJob(id, 'true', { Meta: { padding } }));
    };
    assert.equal((await put('first')).status, 200);
    const filler = join(small.dir, 'filler');
    const { bavail, bsize } = statfsSync(small.dir);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 256 * 1024)));
    let refused: Response | undefined;
    let written = 0;
    for (let i = 0; refused === undefined && i < 500; i++) {
      const response = await put(`job-${i}`);
      if (response.ok) written++;
      else refused = response;
    }
    assert.ok(refused !== undefined, 'the disk is full at last');
    assert.match(await refused.text(), /disk|space|full/i);
    const jobs = (await agent.get('/v1/jobs')) as readonly unknown[];
    assert.equal(jobs.length, written + 1);
    rmSync(filler);
    await agent.until('writes work again', async () => (await put('after')).ok);
    await agent.end('SIGKILL');
    agent.launch();
    await agent.until('it answers', async () => (await agent.request('GET', '/v1/jobs')).ok);
    const kept = (await agent.get('/v1/jobs')) as readonly unknown[];
    assert.equal(kept.length, written + 2);
  } finally {
    small.unmount();
  }
});
