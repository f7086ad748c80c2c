/** Runs in network and mount namespaces of its own: tries groups of containers and prints. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Millis } from '../../src/base/brand.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { Client } from '../../src/client/client.ts';
import { DEFAULT_CAPABILITIES } from '../../src/core/model/capabilities.ts';
import { ALLOC_LABEL, NETWORK_LABEL } from '../../src/core/docker/labels.ts';
import { PAUSE_IMAGE, PAUSE_PATH, pauseArchive } from '../../src/core/docker/pause-image.ts';
import type { AllocId, NodeId } from '../../src/core/model/ids.ts';
import type { NetworkRequest } from '../../src/core/model/network.ts';
import type { Task } from '../../src/core/model/task.ts';
import { findHierarchies } from '../../src/io/cgroup/hierarchy.ts';
import { TaskCgroups } from '../../src/io/cgroup/task-cgroups.ts';
import { systemClock } from '../../src/io/clock.ts';
import { DockerDriver } from '../../src/io/drivers/docker/docker-driver.ts';
import { Engine } from '../../src/io/drivers/docker/engine.ts';
import { Images } from '../../src/io/drivers/docker/images.ts';
import { DockerNetworks } from '../../src/io/drivers/docker/networks.ts';
import { ExecDriver } from '../../src/io/drivers/exec/driver.ts';
import { BridgeNetworks, DEFAULT_SUBNET } from '../../src/io/network/bridge.ts';
import { SimServers } from '../../src/sim/server-link.ts';
import { assignmentOf, groupOf, jobOf, taskOf } from '../client-world.ts';
import { realClient } from './client-stand.ts';
import { IMAGE, OwnEngine } from './docker-engine.ts';
import { forever as never, makeStand, until } from './keeper-stand.ts';

const A = 'aaaaaaaa-1111-2222-3333-444444444444' as AllocId;
const N = 'bbbbbbbb-1111-2222-3333-444444444444' as AllocId;
const ONE = 'cccccccc-1111-2222-3333-444444444444' as AllocId;
const LEFT = 'dddddddd-1111-2222-3333-444444444444' as AllocId;
const OTHER = 'eeeeeeee-1111-2222-3333-444444444444' as AllocId;
const PORT = 21_000;
const SLOW_MS = 90_000;
const ANSWERS = 'while :; do echo pong | nc -l -p 80; done';

const sh = (command: string): string => execFileSync('sh', ['-c', command], { encoding: 'utf8' });
const stand = await makeStand();
// Names of its own, too: others on this machine may have namespaces.
sh(`ip link set lo up; mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns`);
sh(`chmod 755 ${stand.dir}`);
const own = await OwnEngine.start('here');
const servers = new SimServers(systemClock);
const logged: string[] = [];
const hierarchies = findHierarchies();
const restart = { attempts: 9, intervalMs: 60_000, delayMs: 100, mode: 'fail' as const };

interface Agent {
  readonly client: Client;
  readonly docker: DockerDriver;
  stop(): Promise<void>;
}

/** As the agent makes it: every part anew, the same directory. */
function begin(): Agent {
  const keeper = stand.client();
  const docker = new DockerDriver(
    {
      policy: { allowPrivileged: false, volumes: false, allowCaps: DEFAULT_CAPABILITIES },
      cores: 2,
      mhz: 2600,
      removeContainers: true,
    },
    {
      engine: new Engine(own.engine.socketPath),
      now: () => Date.now() as Millis,
      credentials: () => Promise.resolve(undefined),
    },
  );
  const cgroups = new TaskCgroups(hierarchies);
  const exec = new ExecDriver({}, { keeper, cgroups, hierarchies, clock: systemClock });
  const networks = new BridgeNetworks({ dir: join(stand.dir, 'nets'), subnet: DEFAULT_SUBNET });
  const client = realClient(stand.dir, {
    ...{ keeper, servers, networks, drivers: [docker, exec] },
    log: (line) => logged.push(line),
  });
  const stop = new AbortController();
  const running = client.run(stop.signal);
  return {
    client,
    docker,
    stop: async () => {
      stop.abort();
      await running;
      await docker.close();
    },
  };
}

const container = (name: string, script: string, more: JsonObject = {}): Task =>
  taskOf(name, {
    driver: 'docker',
    config: { image: IMAGE, command: 'sh', args: ['-c', script], ...more },
    restart: { ...restart, renderTemplates: false },
  });
const command = (name: string, script: string): Task =>
  taskOf(name, {
    driver: 'exec',
    config: { command: '/bin/sh', args: ['-c', script] },
    restart: { ...restart, renderTemplates: false },
  });
const network = (more: Partial<NetworkRequest>): NetworkRequest => ({
  mode: 'bridge',
  device: '',
  cidr: '',
  ip: '',
  hostname: '',
  mbits: 0,
  reservedPorts: [],
  dynamicPorts: [],
  ...more,
});

/** What was written into the allocation's shared directory. */
function shared(id: AllocId, name: string): string {
  try {
    return readFileSync(join(stand.dir, 'alloc', id, 'alloc', name), 'utf8');
  } catch {
    return '';
  }
}

function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

interface Row {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}
async function containers(filter = ''): Promise<readonly Row[]> {
  const path = `/containers/json?all=1${filter}`;
  return (await own.engine.call({ method: 'GET', path })) as unknown as readonly Row[];
}
const names = async (): Promise<readonly string[]> =>
  (await containers()).map((row) => (row.Names[0] ?? '').slice(1)).sort();
async function pidOf(name: string): Promise<number> {
  const path = `/containers/${name}/json`;
  const found = (await own.engine.call({ method: 'GET', path })) as { State: { Pid: number } };
  return found.State.Pid;
}
const runs = (id: AllocId) => (): boolean => servers.told(id)?.clientStatus === 'running';
const isOver = (id: AllocId) => (): boolean => servers.told(id)?.clientStatus === 'complete';
const answers = async (): Promise<boolean> => (await ask(PORT)) === 'pong\n';
const nodeOf = (agent: Agent): NodeId => agent.client.nodeId ?? assert.fail('no node');

/** Writes what 127.0.0.1 says, again and again, with the number of the try. */
const asking = (nc: string, file: string): string =>
  `i=0; while :; do i=$((i+1)); r=$(echo | ${nc} 127.0.0.1 80 2>/dev/null); ` +
  `[ -z "$r" ] || echo "$r" > $NOMAD_ALLOC_DIR/${file}; sleep 0.2; done`;

async function bridge(first: Agent): Promise<Agent> {
  const dns = { servers: ['10.9.8.7'], searches: ['inner.test'], options: ['ndots:2'] };
  const group = groupOf(
    [
      container(
        'web',
        `cat /etc/resolv.conf /etc/hosts > /alloc/names; hostname >> /alloc/names; ${ANSWERS}`,
      ),
      container('peer', asking('nc', 'peer')),
      command('plain', asking('busybox nc', 'plain')),
    ],
    { networks: [network({ hostname: 'inner', dns })] },
  );
  const ports = [{ label: 'http', value: PORT, to: 80, hostIp: '127.0.0.1', dynamic: true }];
  servers.assign(assignmentOf(A, nodeOf(first), jobOf(group), { ports }));
  await until('the group runs', runs(A), SLOW_MS);
  await until('its port answers on loopback', answers, SLOW_MS);
  await until('a container hears another one', () => shared(A, 'peer') === 'pong\n', SLOW_MS);
  await until('a process hears a container', () => shared(A, 'plain') === 'pong\n', SLOW_MS);
  const told = shared(A, 'names');
  assert.match(told, /nameserver 10\.9\.8\.7/);
  assert.match(told, /search inner\.test/);
  assert.match(told, /172\.26\.64\.2\s+inner/);
  assert.match(told, /^inner$/m);
  const expected = [`muster-network-${A}`, `peer-${A}`, `web-${A}`];
  assert.deepEqual(await names(), expected);

  const before = await Promise.all(expected.map(pidOf));
  await first.stop();
  await until('it answers while the agent is away', answers);
  await leave(first);
  const second = begin();
  await until(
    'what a crash left is cleared',
    async () => !(await names()).includes(`muster-network-${LEFT}`),
    SLOW_MS,
  );
  await until('the group is told again', runs(A), SLOW_MS);
  assert.deepEqual(await Promise.all(expected.map(pidOf)), before, 'nothing was started anew');
  assert.ok((await names()).includes(`muster-network-${OTHER}`), "another node's is let alone");
  await own.engine.call({ method: 'DELETE', path: `/containers/muster-network-${OTHER}?force=1` });
  await until('it still answers', answers);
  return second;
}

/** What a killed agent, and one of another node, leave behind. */
async function leave(gone: Agent): Promise<void> {
  for (const [id, nodeId] of [
    [LEFT, nodeOf(gone)],
    [OTHER, 'another' as NodeId],
  ] as const) {
    const body = {
      Image: `${PAUSE_IMAGE.repository}:${PAUSE_IMAGE.tag}`,
      Cmd: ['/pause'],
      Labels: { [ALLOC_LABEL]: id, [NETWORK_LABEL]: nodeId },
    };
    const path = `/containers/create?name=muster-network-${id}`;
    await own.engine.call({ method: 'POST', path, body });
  }
}

/** An engine that was restarted has ended every container. */
async function engineLosesAll(): Promise<void> {
  const before = namespaceOf(A);
  for (const name of [`muster-network-${A}`, `web-${A}`, `peer-${A}`]) {
    await own.engine.call({ method: 'POST', path: `/containers/${name}/kill` });
  }
  await until('it answers in a new network', answers, SLOW_MS);
  assert.notEqual(namespaceOf(A), before);
  assert.equal((await names()).filter((name) => name.includes('network')).length, 1);
}
const namespaceOf = (id: AllocId): number => statSync(`/run/netns/muster-${id}`).ino;

async function none(agent: Agent): Promise<void> {
  const script = 'cat /proc/net/dev > /alloc/devices';
  const group = groupOf(
    [container('web', ANSWERS), container('peer', `${script}; ${asking('nc', 'peer')}`)],
    {
      networks: [network({ mode: 'none' })],
    },
  );
  servers.assign(assignmentOf(N, nodeOf(agent), jobOf(group)));
  const alone = groupOf([container('one', `${script}; sleep 999`)], {
    networks: [network({ mode: 'none' })],
  });
  servers.assign(assignmentOf(ONE, nodeOf(agent), jobOf(alone)));
  await until('they run', () => runs(N)() && runs(ONE)(), SLOW_MS);
  await until('they hear each other', () => shared(N, 'peer') === 'pong\n', SLOW_MS);
  for (const id of [N, ONE]) {
    const devices = [...shared(id, 'devices').matchAll(/^ *(\w+):/gm)].map((match) => match[1]);
    assert.deepEqual(devices, ['lo']);
  }
}

/** The operator's own image, and one that nobody has. */
async function ownImage(agent: Agent): Promise<void> {
  const engine = own.engine;
  const images = new Images(engine, () => Promise.resolve(undefined));
  const { Arch } = (await engine.call({ method: 'GET', path: '/version' })) as { Arch: string };
  const change = encodeURIComponent(`CMD ["${PAUSE_PATH}"]`);
  const path = `/images/create?fromSrc=-&repo=test/infra&tag=1&changes=${change}`;
  const progress = await engine.upload(path, pauseArchive(Arch) ?? assert.fail(), never);
  for await (const piece of progress) assert.ok(piece.length > 0);
  const wish = { id: LEFT, nodeId: nodeOf(agent), hostname: '', address: '' };
  const good = new DockerNetworks({ image: 'test/infra:1' }, { engine, images });
  const made = await Promise.all([good.ensure(wish, never), good.ensure(wish, never)]);
  assert.deepEqual(made[0], made[1], 'asked for twice at once, it is made once');
  await good.sweep(nodeOf(agent), (id) => id === LEFT);
  assert.ok(!(await names()).includes(made[0].name));
  const bad = new DockerNetworks({ image: '127.0.0.1:1/none:1' }, { engine, images });
  await assert.rejects(bad.ensure(wish, never), /cannot pull image "127\.0\.0\.1:1\/none:1"/);
  await bad.remove(LEFT);
}

async function end(agent: Agent): Promise<void> {
  for (const id of [A, N, ONE]) servers.stop(id);
  for (const id of [A, N, ONE]) await until(`${id} is over`, isOver(id), SLOW_MS);
  await until('no container is left', async () => (await names()).length === 0, SLOW_MS);
  await until('no namespace is left', () => sh('ls /run/netns').trim() === '', SLOW_MS);
  assert.ok(!sh('iptables-save').includes('muster:'), 'no rule is left');
  assert.ok(!/ mu[0-9a-f]{12}/.test(sh('ip -o link')), 'no interface is left');
  await agent.stop();
}

try {
  const first = begin();
  await until(
    'the engine is found',
    () => [...servers.nodes.values()][0]?.drivers['docker']?.healthy,
  );
  const second = await bridge(first);
  await engineLosesAll();
  await none(second);
  await ownImage(second);
  await end(second);
  console.log('docker network ok');
} catch (error) {
  console.error(logged.join('\n'), JSON.stringify(servers.told(A), undefined, 1));
  throw error;
} finally {
  // What failed before is what is to be told, and the engine is to end whatever fails.
  await clearContainers().catch(() => undefined);
  await own[Symbol.asyncDispose]();
  await stand.clear();
}

async function clearContainers(): Promise<void> {
  for (const { Id } of await containers()) {
    await own.engine.call({ method: 'DELETE', path: `/containers/${Id}?force=1` });
  }
}
