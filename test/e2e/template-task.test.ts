/** Each way to write a template of a task, on a real agent: from where, as whose, and what then. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess } from './agent-process.ts';

const PATIENCE_MS = 180_000;

function job(port: number): string {
  return `
job "tpl" {
  datacenters = ["dc1"]
  group "g" {
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "echo env=$FROM_TEMPLATE; exec sleep 1000"]
      }
      artifact {
        source = "http://127.0.0.1:${port}/in.tpl"
      }
      template {
        source      = "local/in.tpl"
        destination = "local/from-artifact"
        change_mode = "script"
        splay       = "0s"
        change_script {
          command       = "/bin/sh"
          args          = ["-c", "cp $NOMAD_TASK_DIR/from-artifact $NOMAD_TASK_DIR/by-script"]
          timeout       = "60s"
          fail_on_error = false
        }
      }
      template {
        data            = "<< key \\"tpl/b\\" >>"
        destination     = "secrets/owned"
        left_delimiter  = "<<"
        right_delimiter = ">>"
        perms           = "640"
        uid             = 12
        gid             = 34
        change_mode     = "noop"
        wait {
          min = "3s"
          max = "20s"
        }
      }
      template {
        data        = "FROM_TEMPLATE={{ key \\"tpl/a\\" | toJSON }}"
        destination = "local/env"
        env         = true
        change_mode = "noop"
      }
      resources {
        cpu    = 20
        memory = 16
      }
    }
  }
}`;
}

const FAILING = `
job "missing" {
  type        = "batch"
  datacenters = ["dc1"]
  group "g" {
    reschedule {
      attempts = 0
    }
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/true"
      }
      template {
        data                 = "{{ (parseJSON \\"{}\\").nothing }}"
        destination          = "local/x"
        error_on_missing_key = true
      }
    }
  }
}`;

interface Alloc {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Record<string, { readonly Events: readonly { DisplayMessage: string }[] }>;
}

async function run(agent: AgentProcess, name: string, text: string): Promise<void> {
  const path = join(agent.dir, `${name}.nomad`);
  writeFileSync(path, text);
  const { code, out } = await agent.run('job', 'run', '-detach', path);
  assert.equal(code, 0, out);
}

async function allocOf(agent: AgentProcess, name: string): Promise<Alloc | undefined> {
  const [alloc] = (await agent.get(`/v1/job/${name}/allocations`)) as readonly Alloc[];
  return alloc;
}

const eventsOf = (alloc: Alloc | undefined): string =>
  (alloc?.TaskStates['t']?.Events ?? []).map((event) => event.DisplayMessage).join('\n');

test('templates from an artifact, as another user, with a script, as environment', async () => {
  const files = createServer((_, answer) => answer.end('a={{ key "tpl/a" }}'));
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  await using agent = await AgentProcess.make();
  try {
    await agent.start();
    const put = async (key: string, value: string): Promise<void> => {
      const told = await agent.run('kv', 'put', key, value);
      assert.equal(told.code, 0, told.out);
    };
    await put('tpl/a', 'it is "one"');
    await put('tpl/b', 'first');
    await run(agent, 'tpl', job((files.address() as AddressInfo).port));
    const running = async (): Promise<boolean> =>
      (await allocOf(agent, 'tpl'))?.ClientStatus === 'running';
    await agent.until('it runs', running, PATIENCE_MS);
    const id = (await allocOf(agent, 'tpl'))?.ID ?? '';
    const text = async (path: string): Promise<string> =>
      (await agent.request('GET', `/v1/client/fs/cat/${id}?path=${path}`)).text();
    assert.equal(await text('t/local/from-artifact'), 'a=it is "one"');
    const said = async (): Promise<boolean> =>
      (await text('alloc/logs/t.stdout.0')) === 'env=it is "one"\n';
    await agent.until('the task has its variable', said, PATIENCE_MS);
    const owned = statSync(join(agent.dir, 'data', 'alloc', id, 't', 'secrets', 'owned'));
    assert.deepEqual([owned.uid, owned.gid, owned.mode & 0o777], [12, 34, 0o640]);
    await put('tpl/a', 'two');
    const copied = async (): Promise<boolean> => (await text('t/local/by-script')) === 'a=two';
    await agent.until('the script has run', copied, PATIENCE_MS);
    const told = async (): Promise<boolean> =>
      eventsOf(await allocOf(agent, 'tpl')).includes('Template ran change script');
    await agent.until('the event tells of it', told, PATIENCE_MS);
    assert.doesNotMatch(eventsOf(await allocOf(agent, 'tpl')), /Restart/);
  } finally {
    files.close();
    files.closeAllConnections();
  }
});

test('a key that is missing fails the task where that is an error', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  await run(agent, 'missing', FAILING);
  const failed = async (): Promise<boolean> =>
    (await allocOf(agent, 'missing'))?.ClientStatus === 'failed';
  await agent.until('it has failed', failed, PATIENCE_MS);
  assert.match(eventsOf(await allocOf(agent, 'missing')), /local\/x:1.*nothing/);
});
