/** A server that was alone moves its log to etcd, and goes on with its state. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Index } from '../../src/base/brand.ts';
import { Failure } from '../../src/base/failure.ts';
import { migrateEngine } from '../../src/compose/migrate-engine.ts';
import { useEtcd } from '../../src/compose/etcd.ts';
import { agentConfig } from '../../src/core/agent-config/config.ts';
import type { AgentConfig } from '../../src/core/agent-config/config.ts';
import type { Entry } from '../../src/core/state/entry.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemDisk } from '../../src/io/fs/disk.ts';
import { entryCodec } from '../../src/io/log/entry-codec.ts';
import { openSegmentLog } from '../../src/io/log/segment-log.ts';
import { startEtcd, withoutEtcd } from '../etcd-process.ts';

const options = { skip: withoutEtcd ?? false, timeout: 240_000 };
const never = new AbortController().signal;
const note = (): void => undefined;

function configOf(dataDir: string, endpoints: readonly string[]): AgentConfig {
  const file = { data_dir: dataDir, server: { enabled: true, etcd: { endpoints } } };
  const config = agentConfig(file, { dev: false, devDir: '' });
  assert.ok(!Array.isArray(config));
  return config as AgentConfig;
}

/** The log of a server alone: many small entries, and one that takes several keys. */
async function writeAlone(dir: string, length = 3_000): Promise<readonly Entry[]> {
  const entries = Array.from({ length }, (_, i) => ({
    ...{ type: 'kv.write', at: i, key: `k/${i}` },
    pad: i === 1_000 ? 'x'.repeat(2_500_000) : 'x'.repeat(100),
  })) as unknown as readonly Entry[];
  const deps = { disk: systemDisk, codec: entryCodec<Entry>(), apply: () => undefined };
  const log = await openSegmentLog({ dir, applied: 0 as Index }, deps);
  for (let at = 0; at < entries.length; at += 100) await log.append(entries.slice(at, at + 100));
  await log.close();
  return entries;
}

test('every entry is moved, once, and another log is not overwritten', options, async () => {
  const etcd = await startEtcd();
  const dir = mkdtempSync(join(tmpdir(), 'muster-migrate-'));
  try {
    const entries = await writeAlone(join(dir, 'a', 'log'));
    const config = configOf(join(dir, 'a'), etcd.endpoints);
    assert.equal(await migrateEngine(config, note, never), entries.length);
    assert.ok(!existsSync(join(dir, 'a', 'log')) && existsSync(join(dir, 'a', 'log.migrated')));
    const seen: Entry[] = [];
    const self = { id: 'a', name: 'a', address: 'a' };
    const { endpoints } = etcd;
    const store = useEtcd({ endpoints }, { self, clock: systemClock, note });
    const log = await store.openLog<Entry, undefined>(
      {
        ...{ applied: 0 as Index, codec: entryCodec<Entry>() },
        apply: (_, entry) => {
          seen.push(entry);
          return undefined;
        },
      },
      never,
    );
    assert.deepEqual(seen, entries);
    for await (const { leading } of log.leadership(never)) if (leading) break;
    const [next] = entries;
    assert.ok(next !== undefined);
    const [done] = await log.append([next]);
    assert.equal(done?.index, entries.length + 1);
    await log.close();
    await store.close();
    await assert.rejects(migrateEngine(config, note, never), isFault('not_found'));
    // Longer than what is there, so that it could be mistaken for what was broken off.
    await writeAlone(join(dir, 'b', 'log'), 3_500);
    const other = configOf(join(dir, 'b'), etcd.endpoints);
    await assert.rejects(migrateEngine(other, note, never), isFault('conflict'));
    await assert.rejects(
      migrateEngine(configOf(join(dir, 'b'), []), note, never),
      isFault('invalid'),
    );
    assert.ok(existsSync(join(dir, 'b', 'log')));
  } finally {
    await etcd.end();
    rmSync(dir, { recursive: true });
  }
});

const isFault =
  (fault: string) =>
  (error: unknown): boolean =>
    error instanceof Failure && error.fault === fault;
