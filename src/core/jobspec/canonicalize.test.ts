import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Source } from '../hcl/source.ts';
import { canonicalizeJob } from './canonicalize.ts';
import { PRIORITY_DEFAULT } from './defaults.ts';
import { jobOf } from './job-text.fixture.ts';
import { parseJobFile } from './parse-job.ts';

const PAIRS = join(process.cwd(), '../shared/conformance/jobspecs');

test('a service job has the defaults of the job specification', () => {
  const made = jobOf('job "x" {\n group "g" {\n task "t" {\n driver = "docker"\n }\n }\n}');
  assert.equal(made.name, 'x');
  assert.deepEqual(
    [made.type, made.priority, made.region, made.namespace, made.datacenters],
    ['service', PRIORITY_DEFAULT, 'global', 'default', ['*']],
  );
  const [group] = made.groups;
  assert.equal(group?.count, 1);
  assert.deepEqual([group.restart.attempts, group.restart.mode], [2, 'fail']);
  assert.deepEqual([group.reschedule?.unlimited, group.reschedule?.delayMs], [true, 30_000]);
  assert.deepEqual([group.update?.maxParallel, group.update?.healthyDeadlineMs], [1, 300_000]);
  assert.deepEqual([group.migrate?.maxParallel, group.ephemeralDisk.sizeMb], [1, 300]);
  const [task] = group.tasks;
  assert.deepEqual([task?.resources.cpu, task?.resources.memoryMb], [100, 300]);
  assert.deepEqual([task?.killTimeoutMs, task?.logConfig.maxFiles], [5_000, 10]);
  assert.deepEqual(task?.restart, group.restart);
});

test('what the job says holds for its groups, what a group says for its tasks', () => {
  const made = jobOf(`job "x" {
    update {
      max_parallel = 3
      canary       = 1
    }
    reschedule { attempts = 7 }
    group "g" {
      update { canary = 2 }
      restart { attempts = 9 }
      task "a" {}
      task "b" {
        restart { mode = "delay" }
        service {
          port = "http"
          check { type = "tcp" }
        }
        resources { cores = 2 }
      }
    }
  }`);
  const [group] = made.groups;
  assert.deepEqual([group?.update?.maxParallel, group?.update?.canary], [3, 2]);
  assert.equal(group?.reschedule?.attempts, 7);
  const [a, b] = group.tasks;
  assert.deepEqual([a?.restart.attempts, a?.restart.mode], [9, 'fail']);
  assert.deepEqual([b?.restart.attempts, b?.restart.mode], [9, 'delay']);
  assert.equal(b?.services[0]?.name, 'x-g-b');
  assert.equal(b.services[0].checks[0]?.name, 'service: "x-g-b" check');
  assert.deepEqual([b.resources.cpu, b.resources.cores], [0, 2]);
});

test('a template that is rendered again and again is the same, whether that is said or not', () => {
  const templates = (once: string): unknown =>
    jobOf(`job "x" {
      group "g" {
        task "t" {
          driver = "raw_exec"
          template {
            data        = "x"
            destination = "local/x"
            ${once}
          }
        }
      }
    }`).groups[0]?.tasks[0]?.templates;
  assert.deepEqual(templates('once = false'), templates(''));
  assert.deepEqual((templates('once = true') as { once?: boolean }[])[0]?.once, true);
});

test('batch and system jobs have other defaults', () => {
  const batch = jobOf('job "x" {\n type = "batch"\n group "g" {}\n}').groups[0];
  assert.deepEqual([batch?.restart.attempts, batch?.restart.intervalMs], [3, 86_400_000]);
  assert.deepEqual(
    [batch?.reschedule?.attempts, batch?.update, batch?.migrate],
    [1, undefined, undefined],
  );
  const system = jobOf('job "x" {\n type = "system"\n group "g" {}\n}').groups[0];
  assert.deepEqual(
    [system?.restart.attempts, system?.reschedule, system?.update],
    [2, undefined, undefined],
  );
});

test(
  'N1: a finished job made again of itself is the same, for each conformance job',
  { skip: existsSync(PAIRS) ? false : 'the conformance data is not here' },
  () => {
    for (const file of readdirSync(PAIRS).filter((name) => name.endsWith('.hcl'))) {
      const result = parseJobFile(new Source(file, readFileSync(join(PAIRS, file), 'utf8')));
      if (!('job' in result)) continue;
      const made = canonicalizeJob(result.job);
      assert.deepEqual(canonicalizeJob(made), made, file);
    }
  },
);
