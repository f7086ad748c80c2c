/** What templates read of variables and of Nomad's own services, and how changes go round. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentProcess } from './agent-process.ts';

const PATIENCE_MS = 180_000;

const JOB = `
job "shop" {
  datacenters = ["dc1"]
  update {
    max_parallel       = 1
    health_check       = "task_states"
    min_healthy_time   = "2s"
    healthy_deadline   = "2m"
    auto_revert        = true
    on_template_change = true
  }
  group "web" {
    count = 3
    network {
      port "http" {}
    }
    restart {
      attempts = 3
      delay    = "1s"
      mode     = "delay"
    }
    task "app" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "[ \\"$(cat $NOMAD_TASK_DIR/value)\\" = bad ] && exit 1; exec sleep 1000"]
      }
      template {
        data        = "{{ with nomadVar \\"nomad/jobs/shop\\" }}{{ .value }}{{ end }}"
        destination = "local/value"
      }
      template {
        data        = "{{ range nomadService \\"shop\\" }}{{ .Port }} {{ end }}"
        destination = "local/peers"
        change_mode = "noop"
      }
      resources {
        cpu    = 20
        memory = 16
      }
    }
    service {
      provider = "nomad"
      name     = "shop"
      port     = "http"
      tags     = ["v1"]
    }
  }
}`;

const SECRET = `
job "secret" {
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
        data        = "{{ with secret \\"secret/db\\" }}{{ .Data.password }}{{ end }}"
        destination = "local/x"
      }
    }
  }
}`;

interface Alloc {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Record<string, { readonly Events: readonly { DisplayMessage: string }[] }>;
}

async function allocsOf(agent: AgentProcess, job: string): Promise<readonly Alloc[]> {
  return (await agent.get(`/v1/job/${job}/allocations`)) as readonly Alloc[];
}

async function run(agent: AgentProcess, name: string, job: string): Promise<void> {
  const path = join(agent.dir, `${name}.nomad`);
  writeFileSync(path, job);
  const { code, out } = await agent.run('job', 'run', '-detach', path);
  assert.equal(code, 0, out);
}

async function texts(agent: AgentProcess, file: string): Promise<string> {
  const allocs = await allocsOf(agent, 'shop');
  const all = allocs.map(async ({ ID }) => {
    const path = `/v1/client/fs/cat/${ID}?path=app/local/${file}`;
    return (await agent.request('GET', path)).text();
  });
  return (await Promise.all(all)).sort().join(',');
}

test('a variable goes round a group, and back where nobody can live with it', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  const put = async (value: string): Promise<void> => {
    const told = await agent.run('var', 'put', '-force', 'nomad/jobs/shop', `value=${value}`);
    assert.equal(told.code, 0, told.out);
  };
  await put('one');
  await run(agent, 'shop', JOB);
  const all = (value: string): string => [value, value, value].join(',');
  await agent.until('all have one', async () => (await texts(agent, 'value')) === all('one'));
  await agent.until('all run', async () =>
    (await allocsOf(agent, 'shop')).every(({ ClientStatus }) => ClientStatus === 'running'),
  );
  const before = await agent.run('service', 'info', '-json', 'shop');
  assert.equal(before.code, 0, before.out);
  const ports = (JSON.parse(before.out) as { Port: number }[]).map(({ Port }) => Port);
  assert.equal(ports.length, 3);
  await agent.until('each knows the others', async () => {
    const each = (await texts(agent, 'peers')).split(',');
    return each.every((line) => ports.every((port) => line.includes(String(port))));
  });

  let most = 0;
  const mixed = new Set<string>();
  const watched = async (value: string): Promise<boolean> => {
    const rollouts = (await agent.get('/v1/job/shop/template-rollouts')) as {
      readonly Changing: readonly unknown[];
    }[];
    most = Math.max(most, rollouts[0]?.Changing.length ?? 0);
    const now = await texts(agent, 'value');
    mixed.add(now);
    return now === all(value) && rollouts.length === 0;
  };
  await put('two');
  await agent.until('all have two', () => watched('two'), PATIENCE_MS);
  assert.equal(most, 1);
  assert.ok(mixed.has('one,one,two') || mixed.has('one,two,two'), [...mixed].join(' '));

  await put('bad');
  await agent.until(
    'the change is stopped',
    async () => {
      const rollouts = (await agent.get('/v1/job/shop/template-rollouts')) as {
        readonly Stopped?: { readonly Reason: string };
        readonly Changing: readonly unknown[];
      }[];
      return rollouts[0]?.Stopped !== undefined && rollouts[0].Changing.length === 0;
    },
    PATIENCE_MS,
  );
  await agent.until('all have two', async () => (await texts(agent, 'value')) === all('two'));
  const told = async (what: string): Promise<number> =>
    (await allocsOf(agent, 'shop')).filter(({ TaskStates }) =>
      (TaskStates['app']?.Events ?? []).some(({ DisplayMessage }) => DisplayMessage.includes(what)),
    ).length;
  await agent.until(
    'one says that it went back, and the others that they did not go',
    async () => (await told('is reverted')) === 1 && (await told('not taken over')) === 2,
  );
  await put('three');
  await agent.until('all have three', () => watched('three'), PATIENCE_MS);
  assert.equal(most, 1);
});

test('a template that asks for a secret fails its task, and says why', async () => {
  await using agent = await AgentProcess.make();
  await agent.start();
  await run(agent, 'secret', SECRET);
  await agent.until('it has failed', async () => {
    const [alloc] = await allocsOf(agent, 'secret');
    return alloc?.ClientStatus === 'failed';
  });
  const [alloc] = await allocsOf(agent, 'secret');
  const events = (alloc?.TaskStates['t']?.Events ?? []).map((event) => event.DisplayMessage);
  assert.ok(
    events.some((text) => text.includes('no store of secrets')),
    events.join('\n'),
  );
});
