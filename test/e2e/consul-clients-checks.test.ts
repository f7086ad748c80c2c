/**
 * Checks that need somebody else's program at the other end: commands in containers of a real
 * engine, the health service of a real gRPC server, and those of a job's services.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../free-port.ts';
import { AgentProcess } from './agent-process.ts';
import { like, member, textOf, type Likeness } from './consul-clients-like.ts';
import { engineMissing, IMAGE, OwnEngine } from './docker-engine.ts';

const CHECK = { interval: '1s', timeout: '30s' };

async function discovery(
  agent: AgentProcess,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${agent.discoveryPort}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  assert.equal(response.status, 200, `${method} ${path}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Polls the checks of the agent until they are like that. */
function checksBecome(agent: AgentProcess, what: string, likeness: Likeness): Promise<void> {
  return agent.until(what, async () => {
    like(await discovery(agent, 'GET', '/v1/agent/checks'), likeness);
    return true;
  });
}

describe('checks in containers', { skip: engineMissing() ?? false }, () => {
  let engine: OwnEngine;
  let agent: AgentProcess;

  before(async () => {
    engine = await OwnEngine.start();
    agent = await AgentProcess.make(`
      enable_script_checks = true
      plugin "docker" {
        config {
          endpoint = "unix://${engine.engine.socketPath}"
        }
      }`);
    await agent.start();
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  test('run where the container is named, and end with it', async () => {
    const { engine: api } = engine;
    const Cmd = ['sleep', '600'];
    const body = { Image: IMAGE, Cmd, HostConfig: { NetworkMode: 'none' } };
    const made = await api.call({ method: 'POST', path: '/containers/create', body });
    const id = textOf(member(made, 'Id'));
    await api.call({ method: 'POST', path: `/containers/${id}/start` });
    const inside = { docker_container_id: id, shell: 'sh', ...CHECK };
    for (const [name, args] of [
      ['well', ['test -e /bin/busybox; echo out']],
      ['so-so', ['echo hm >&2; exit 1']],
      ['bad', ['exit 2']],
      ['slow', ['sleep 60']],
    ] as const) {
      const check = { name, args, ...inside, ...(name === 'slow' && { timeout: '1s' }) };
      await discovery(agent, 'PUT', '/v1/agent/check/register', check);
    }
    await checksBecome(agent, 'each check has its verdict', {
      well: { Status: 'passing', Output: /out/, Type: 'docker' },
      'so-so': { Status: 'warning', Output: /hm/ },
      bad: { Status: 'critical' },
      slow: { Status: 'critical', Output: /[Tt]imed out/ },
    });
    await api.call({ method: 'DELETE', path: `/containers/${id}?force=true` });
    await checksBecome(agent, 'the container is missed', { well: { Status: 'critical' } });
    for (const name of ['well', 'so-so', 'bad', 'slow'])
      await discovery(agent, 'PUT', `/v1/agent/check/deregister/${name}`);
  });

  test('of a job run in its task; others it reports itself, or follows', async () => {
    const command = 'echo up >/tmp/up; sleep 600';
    const job = jobWith({ image: IMAGE, command: 'sh', args: ['-c', command] }, [
      { Type: 'docker', Name: 'in', Command: 'cat', Args: ['/tmp/up'], ...TIMES },
      { Type: 'ttl', Name: 'beat', Interval: 600e9 },
      { Type: 'alias', Name: 'as', AliasService: 'other' },
    ]);
    const run = await agent.request('PUT', '/v1/jobs', job);
    assert.equal(run.status, 200, await run.text());
    const ids = new Map<string, string>();
    await agent.until('all checks are there', async () => {
      const checks = (await discovery(agent, 'GET', '/v1/agent/checks')) as Record<string, object>;
      for (const [id, check] of Object.entries(checks)) ids.set(textOf(member(check, 'Name')), id);
      return ids.size === 4;
    });
    const named = (name: string, check: Likeness): Likeness => ({ [ids.get(name) ?? '']: check });
    await checksBecome(
      agent,
      'the task is asked',
      named('in', { Status: 'passing', Output: 'up\n' }),
    );
    await checksBecome(agent, 'nobody reported', named('beat', { Status: 'critical' }));
    await checksBecome(agent, 'it follows', named('as', { Status: 'critical', Type: 'alias' }));
    for (const name of ['beat', 'other-beat']) {
      const path = `/v1/agent/check/pass/${ids.get(name) ?? ''}?note=well`;
      await discovery(agent, 'PUT', path);
    }
    await checksBecome(agent, 'it is told', named('beat', { Status: 'passing', Output: 'well' }));
    await checksBecome(agent, 'what it follows is well', named('as', { Status: 'passing' }));
    const stop = await agent.request('DELETE', '/v1/job/checked?purge=true');
    assert.equal(stop.status, 200);
    await checksBecome(agent, 'nothing is left', Object.fromEntries([...ids.values()].map(absent)));
  });
});

const TIMES = { Interval: 1e9, Timeout: 30e9 };

const absent = (id: string): readonly [string, undefined] => [id, undefined];

/** A job with one task, and two services of which the second has a check to report. */
function jobWith(config: object, checks: readonly object[]): object {
  const reported = { Type: 'ttl', Name: 'other-beat', Interval: 600e9 };
  return {
    Job: {
      ID: 'checked',
      Datacenters: ['dc1'],
      Type: 'service',
      TaskGroups: [
        {
          Name: 'g',
          Services: [
            { Name: 'one', Checks: checks.map((check) => ({ TaskName: 't', ...check })) },
            { Name: 'other', Checks: [reported] },
          ],
          Tasks: [
            {
              Name: 't',
              Driver: 'docker',
              Config: { ...config, network_mode: 'none' },
              Resources: { CPU: 20, MemoryMB: 16 },
            },
          ],
        },
      ],
    },
  };
}

const etcdMissing = existsSync('/usr/bin/etcd') ? false : 'etcd-server is not installed';

test('the health service of a gRPC server is asked', { skip: etcdMissing }, async () => {
  await using agent = await AgentProcess.startServer('log_level = "warn"');
  const [port, peerPort] = [await freePort(), await freePort()];
  const etcd = startEtcd(join(agent.dir, 'etcd'), port, peerPort);
  try {
    const grpc = `127.0.0.1:${port}`;
    for (const [name, target] of [
      ['whole', grpc],
      ['unknown', `${grpc}/no.such.Service`],
    ] as const) {
      await discovery(agent, 'PUT', '/v1/agent/check/register', { name, grpc: target, ...CHECK });
    }
    await checksBecome(agent, 'it serves as a whole, and no such part', {
      whole: { Status: 'passing', Type: 'grpc' },
      unknown: { Status: 'critical', Output: /NotFound|NOT_FOUND|unknown service/ },
    });
  } finally {
    const ended = new Promise((resolve) => etcd.once('exit', resolve));
    etcd.kill('SIGKILL');
    await ended;
  }
  await checksBecome(agent, 'it is missed', { whole: { Status: 'critical' } });
});

function startEtcd(dir: string, port: number, peerPort: number): ChildProcess {
  const [client, peer] = [port, peerPort].map((each) => `http://127.0.0.1:${each}`);
  return spawn(
    '/usr/bin/etcd',
    [
      ['--name', 'e', '--data-dir', dir],
      ['--listen-client-urls', client ?? '', '--advertise-client-urls', client ?? ''],
      ['--listen-peer-urls', peer ?? '', '--initial-advertise-peer-urls', peer ?? ''],
      ['--initial-cluster', `e=${peer ?? ''}`],
    ].flat(),
    { stdio: 'ignore' },
  );
}
