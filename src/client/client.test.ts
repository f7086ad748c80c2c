import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignmentOf, ClientWorld, groupOf, jobOf, taskOf } from '../../test/client-world.ts';
import { updateStrategy } from '../../test/state-world.ts';
import type { Failure } from '../base/failure.ts';
import type { AllocId, DeploymentId } from '../core/model/ids.ts';
import { SimDriverNetworks } from '../sim/driver-networks.ts';

const SERVICE = jobOf(groupOf([taskOf('server')]));
const A = 'a-1' as AllocId;
const B = 'b-2' as AllocId;

test('registers, runs what it is given, and tells how it goes', async () => {
  const world = new ClientWorld();
  await world.start();
  assert.equal(world.servers.registrations, 1);
  const node = world.servers.nodes.get(world.nodeId) ?? assert.fail('it is registered');
  assert.equal(node.attributes['kernel.name'], 'linux');
  assert.equal(node.attributes['driver.sim'], '1');
  assert.equal(node.drivers['sim']?.healthy, true);
  world.servers.assign(assignmentOf(A, world.nodeId, SERVICE));
  await world.pass(1_000);
  assert.equal(world.told(A), 'running "Tasks are running"');
  assert.deepEqual(world.eventTypes(A, 'server'), ['Received', 'Task Setup', 'Started']);
  assert.deepEqual(world.machine.running(), [`${A}.server.0`]);
  world.servers.stop(A);
  await world.pass(1_000);
  assert.equal(world.told(A), 'complete "All tasks have completed"');
  assert.deepEqual(world.machine.signals, [`${A}.server.0 SIGINT`]);
  assert.deepEqual(world.eventTypes(A, 'server').slice(3), ['Killing', 'Terminated', 'Killed']);
  await world.stop();
});

test('CL1: tasks do not notice the end of the client; the next one finds them', async () => {
  const world = new ClientWorld();
  await world.start();
  const id = world.nodeId;
  world.servers.assign(assignmentOf(A, id, SERVICE));
  world.servers.assign(assignmentOf(B, id, SERVICE));
  await world.pass(1_000);
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(500);
  await world.stop();
  assert.deepEqual(world.machine.running(), [`${B}.server.0`]);
  // Meanwhile one ends by itself.
  world.machine.kill(`${B}.server.0`, 3);
  await world.pass(2_000);
  await world.start();
  assert.equal(world.nodeId, id, 'it is the same node');
  await world.pass(1_000);
  const b = world.servers.told(B)?.taskStates['server'];
  assert.equal(b?.restarts, 1);
  assert.ok(b.events.some((event) => event.displayMessage === 'Exit Code: 3'));
  await world.pass(60_000);
  assert.deepEqual(world.machine.started, [
    `${A}.server.0`,
    `${B}.server.0`,
    `${A}.server.1`,
    `${B}.server.1`,
  ]);
  assert.equal(world.servers.told(A)?.taskStates['server']?.restarts, 1);
  await world.stop();
});

test('a task that the machine lost meanwhile is restarted and told as such', async () => {
  const world = new ClientWorld();
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, SERVICE));
  await world.pass(1_000);
  await world.stop();
  world.machine.loseAll();
  await world.start();
  await world.pass(60_000);
  assert.equal(world.told(A), 'running "Tasks are running"');
  assert.ok(world.eventTypes(A, 'server').includes('Terminated'));
  assert.equal(world.servers.told(A)?.taskStates['server']?.restarts, 1);
  await world.stop();
});

test('CL2: servers that are away change nothing; what happened is told later', async () => {
  const world = new ClientWorld();
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, SERVICE));
  await world.pass(1_000);
  world.servers.away = true;
  await world.pass(600_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.0`]);
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(60_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.1`], 'restarted all the same');
  world.servers.away = false;
  await world.pass(10_000);
  assert.equal(world.servers.told(A)?.taskStates['server']?.restarts, 1);
  assert.ok(world.lines.length < 12, `an outage is told briefly: ${world.lines.join('\n')}`);
  await world.stop();
});

test('HB2: forgotten by the servers, it registers again', async () => {
  const world = new ClientWorld();
  await world.start();
  world.servers.nodes.clear();
  await world.pass(20_000);
  assert.equal(world.servers.registrations, 2);
  assert.ok(world.servers.nodes.has(world.nodeId));
  await world.stop();
});

test('a changed machine registers again', async () => {
  const world = new ClientWorld();
  await world.start();
  const { facts } = world.fingerprinter;
  world.fingerprinter.facts = { ...facts, attributes: { ...facts.attributes, 'os.name': 'x' } };
  await world.pass(31_000);
  assert.equal(world.servers.nodes.get(world.nodeId)?.attributes['os.name'], 'x');
  assert.equal(world.servers.registrations, 2);
  await world.stop();
});

test('an update in place changes the version and leaves the task alone', async () => {
  const world = new ClientWorld();
  await world.start();
  const assignment = assignmentOf(A, world.nodeId, SERVICE);
  world.servers.assign(assignment);
  await world.pass(1_000);
  const update = updateStrategy({
    minHealthyTimeMs: 1_000,
    healthyDeadlineMs: 20_000,
    progressDeadlineMs: 60_000,
  });
  const group = groupOf([taskOf('server')], { update });
  const deploymentId = 'd-1' as DeploymentId;
  world.servers.assign({
    job: jobOf(group, { version: 1 }),
    alloc: { ...assignment.alloc, deploymentId },
  });
  await world.pass(5_000);
  assert.deepEqual(world.machine.started, [`${A}.server.0`]);
  assert.equal(world.servers.told(A)?.deploymentStatus?.healthy, true);
  await world.stop();
});

test('the successor waits for its predecessor, and takes its data where the disk is sticky', async () => {
  const world = new ClientWorld();
  await world.start();
  const slow = taskOf('server', { config: { killAfterMs: 3_000 } });
  const disk = { sizeMb: 300, sticky: true, migrate: false };
  const job = jobOf(groupOf([slow], { ephemeralDisk: disk }));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(1_000);
  world.dirs.append(A, 'alloc/data/state', 'kept');
  world.servers.assign(assignmentOf(B, world.nodeId, job, { previousAllocId: A }));
  world.servers.stop(A);
  await world.pass(2_000);
  assert.deepEqual(world.machine.started, [`${A}.server.0`], 'the predecessor still runs');
  await world.pass(3_000);
  assert.deepEqual(world.machine.running(), [`${B}.server.0`]);
  const bytes = await world.dirs.read(B, 'alloc/data/state', { offset: 0, length: 9 });
  assert.equal(new TextDecoder().decode(bytes), 'kept');
  await world.stop();
});

test('what was evicted ends before that which it was evicted for begins', async () => {
  const world = new ClientWorld();
  await world.start();
  const slow = taskOf('server', { config: { killAfterMs: 3_000 } });
  world.servers.assign(assignmentOf(A, world.nodeId, jobOf(groupOf([slow]))));
  await world.pass(1_000);
  const preemptedAllocs = [A, 'gone' as AllocId];
  world.servers.assign(assignmentOf(B, world.nodeId, SERVICE, { preemptedAllocs }));
  world.servers.stop(A);
  await world.pass(2_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.0`]);
  assert.equal(world.told(B), 'pending "No tasks have started"');
  // The wait goes on where the client starts anew.
  await world.stop();
  assert.deepEqual(world.machine.started, [`${A}.server.0`]);
  await world.start();
  await world.pass(5_000);
  assert.deepEqual(world.machine.running(), [`${B}.server.0`]);
  const [, waits] = world.servers.told(B)?.taskStates['server']?.events ?? [];
  assert.equal(waits?.type, 'Waiting for preempted allocations');
  assert.equal(waits.displayMessage, `Waiting for "${A}" to end`);
  await world.stop();
});

test('what does not end is not waited for without end, and a stop ends the wait', async () => {
  const world = new ClientWorld({ killTimeoutMsMax: 3_600_000 });
  await world.start();
  const stubborn = taskOf('server', {
    config: { killAfterMs: 3_600_000 },
    killTimeoutMs: 3_600_000,
  });
  world.servers.assign(assignmentOf(A, world.nodeId, jobOf(groupOf([stubborn]))));
  await world.pass(1_000);
  for (const id of [B, 'c-3']) {
    world.servers.assign(assignmentOf(id, world.nodeId, SERVICE, { preemptedAllocs: [A] }));
  }
  world.servers.stop(A);
  await world.pass(10_000);
  world.servers.stop('c-3' as AllocId);
  await world.pass(1_000);
  assert.equal(world.told('c-3'), 'complete "All tasks have completed"');
  await world.pass(580_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.0`]);
  await world.pass(20_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.0`, `${B}.server.0`]);
  const { events = [] } = world.servers.told(B)?.taskStates['server'] ?? {};
  assert.ok(
    events.some((e) => e.displayMessage === `Started although "${A}" did not end within 10m0s`),
    JSON.stringify(events),
  );
  world.machine.kill(`${A}.server.0`, 9);
  await world.stop();
});

test('what cannot be done is said, before anything runs', async () => {
  const world = new ClientWorld();
  await world.start();
  const artifact = { source: 'x', options: {}, headers: {}, mode: 'any', destination: '' } as const;
  const rows = [
    [{ artifacts: [artifact] }, 'source "x" is neither http, https, git, s3 nor an absolute file'],
    [{ driver: 'docker' }, 'driver "docker" is not known to this node'],
    [{ config: { exitCode: -1 } }, 'config: exitCode: must be a number from 0'],
    [
      {
        volumeMounts: [{ volume: 'data', destination: '/d', readOnly: false, propagationMode: '' }],
      },
      'host volume "data" is not known to this node',
    ],
  ] as const;
  for (const [i, [more, expected]] of rows.entries()) {
    const volumes = {
      data: {
        name: 'data',
        type: 'host',
        source: 'data',
        readOnly: false,
        accessMode: '',
        attachmentMode: '',
        perAlloc: false,
      } as const,
    };
    const job = jobOf(groupOf([taskOf('server', more)], { volumes }));
    const id = `x-${i}`;
    world.servers.assign(assignmentOf(id, world.nodeId, job));
    await world.pass(1_000);
    assert.equal(world.told(id), 'failed "Failed tasks"');
    const { events = [] } = world.servers.told(id as AllocId)?.taskStates['server'] ?? {};
    assert.ok(
      events.some((event) => event.displayMessage === expected),
      JSON.stringify(events.map((event) => event.displayMessage)),
    );
  }
  await world.stop();
});

const BRIDGE = {
  ...{ mode: 'bridge', device: '', cidr: '', ip: '', hostname: '', mbits: 0 },
  ...{ reservedPorts: [], dynamicPorts: [] },
};

test('a network that an engine kept while it was away is cleared while the client runs', async () => {
  const world = new ClientWorld();
  const engine = new SimDriverNetworks();
  world.machine.network = engine;
  await world.start();
  const job = jobOf(groupOf([taskOf('a'), taskOf('b')], { networks: [BRIDGE] }));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  world.servers.assign(assignmentOf(B, world.nodeId, job));
  await world.pass(1_000);
  assert.deepEqual([...engine.present.keys()], [A, B]);
  engine.away = true;
  world.servers.stop(A);
  await world.pass(1_000);
  engine.away = false;
  assert.equal(engine.present.size, 2);
  await world.pass(60_000);
  assert.deepEqual([...engine.present.keys()], [B], 'what runs keeps its own');
  await world.stop();
});

test('a bridge network is made, told and taken away', async () => {
  const world = new ClientWorld();
  await world.start();
  const job = jobOf(groupOf([taskOf('server')], { networks: [BRIDGE] }));
  world.servers.assign(assignmentOf(A, world.nodeId, job));
  await world.pass(1_000);
  assert.deepEqual([...world.networks.present.keys()], [A]);
  assert.equal(world.servers.told(A)?.networkStatus?.interfaceName, 'eth0');
  await world.stop();
  world.networks.present.set(B, world.networks.present.get(A) ?? assert.fail());
  await world.start();
  assert.deepEqual([...world.networks.present.keys()], [A], 'what a crash left is cleared');
  world.servers.stop(A);
  await world.pass(1_000);
  assert.equal(world.networks.present.size, 0);
  await world.stop();
});

test('AL1, AL2: ended allocations are collected once the servers know, and never start again', async () => {
  const collect = { intervalMs: 1_000, allocsMax: 1 };
  const world = new ClientWorld({
    collect: { ...collect, diskUsedPercentMax: 80, inodesUsedPercentMax: 70 },
  });
  await world.start();
  const batch = jobOf(groupOf([taskOf('t', { config: { runForMs: 100 } })]), { type: 'batch' });
  world.servers.assign(assignmentOf(A, world.nodeId, batch));
  await world.pass(2_000);
  assert.equal(world.told(A), 'complete "All tasks have completed"');
  world.servers.assign(assignmentOf(B, world.nodeId, SERVICE));
  await world.pass(5_000);
  assert.deepEqual(await world.dirs.list(), [B]);
  await assert.rejects(world.client.link.allocStats(A), (e: Failure) => e.fault === 'not_found');
  assert.deepEqual(world.machine.started, [`${A}.t.0`, `${B}.server.0`]);
  world.servers.forget(B);
  await world.pass(5_000);
  assert.deepEqual(world.machine.running(), []);
  assert.deepEqual(await world.dirs.list(), []);
  assert.deepEqual([...world.files.files.keys()], ['node.json', 'time.json']);
  await world.stop();
});

test('-dev: everything ends with the client and nothing is left', async () => {
  const world = new ClientWorld({ stopTasksAtEnd: true });
  await world.start();
  const stubborn = taskOf('server', { config: { killAfterMs: 60_000 }, killTimeoutMs: 2_000 });
  world.servers.assign(assignmentOf(A, world.nodeId, jobOf(groupOf([stubborn]))));
  await world.pass(1_000);
  await world.stop();
  assert.deepEqual(world.machine.running(), []);
  assert.deepEqual(await world.dirs.list(), []);
  assert.equal(world.files.files.size, 0);
});

test('ST2: what cannot be read is named and set aside, the rest is found again', async () => {
  const world = new ClientWorld();
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, SERVICE));
  world.servers.assign(assignmentOf(B, world.nodeId, SERVICE));
  await world.pass(1_000);
  await world.stop();
  world.files.files.set(`allocs/${A}/run.json`, new TextEncoder().encode('{"version":1,"val'));
  await world.start();
  await world.pass(1_000);
  assert.ok(world.lines.some((line) => line.includes(`cannot read "allocs/${A}/run.json"`)));
  assert.ok(world.files.files.has(`allocs/${A}/run.json.unreadable`));
  assert.equal(world.told(B), 'running "Tasks are running"');
  await world.stop();
});

test('a full disk ends nothing', async () => {
  const world = new ClientWorld();
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, SERVICE));
  await world.pass(1_000);
  world.files.full = true;
  world.machine.kill(`${A}.server.0`, 1);
  await world.pass(60_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.1`]);
  assert.ok(world.lines.some((line) => line.includes('no space left on device')));
  world.files.full = false;
  await world.stop();
});

test('people restart, signal and measure what runs', async () => {
  const world = new ClientWorld();
  await world.start();
  world.servers.assign(assignmentOf(A, world.nodeId, SERVICE));
  await world.pass(1_000);
  const { link } = world.client;
  await link.signalAlloc(A, 'server', 'SIGHUP');
  assert.deepEqual(world.machine.signals, [`${A}.server.0 SIGHUP`]);
  const usage = await link.allocStats(A);
  assert.equal(usage.total.pids, 1);
  assert.deepEqual(Object.keys(usage.tasks), ['server']);
  await link.restartAlloc(A, '');
  await world.pass(1_000);
  assert.deepEqual(world.machine.running(), [`${A}.server.1`]);
  assert.deepEqual(world.eventTypes(A, 'server').slice(3), [
    'Signaling',
    'Restart Signaled',
    'Terminated',
    'Restarting',
    'Started',
  ]);
  const fault = (expected: string) => (error: Failure) => error.fault === expected;
  await assert.rejects(link.signalAlloc(A, 'nobody', 'SIGHUP'), fault('not_found'));
  await assert.rejects(link.signalAlloc(A, '', 'hup; rm'), fault('invalid'));
  await assert.rejects(link.restartAlloc(B, ''), fault('not_found'));
  await assert.rejects(link.collectGarbage(A), fault('conflict'));
  world.servers.stop(A);
  await world.pass(1_000);
  await assert.rejects(link.restartAlloc(A, 'server'), fault('conflict'));
  await link.collectGarbage(A);
  assert.deepEqual(await world.dirs.list(), []);
  await world.stop();
});
