/** Runs in namespaces of its own: cuts the link between two regions and mends it, and prints. */
import assert from 'node:assert/strict';
import { Machines, type Machine } from '../machines.ts';

/** Whoever asks for the other region hears of it within this, on a busy machine too [ms]. */
const TOLD_MS_MAX = 30_000;

await using machines = new Machines(process.argv[2] ?? '');
const berlin = await machines.add('berlin1', 1);
const paris = await machines.add('paris1', 2);
const ohio = await machines.add('ohio1', 3);
const eu = [berlin, paris];
berlin.start(`
  insecure   = true
  region     = "eu"
  datacenter = "berlin"
  server { enabled = true }`);
paris.start(`
  insecure   = true
  region     = "eu"
  datacenter = "paris"
  client {
    enabled = true
    servers = ["${berlin.address}"]
  }`);
ohio.start(`
  insecure       = true
  region         = "us"
  datacenter     = "ohio"
  retry_join_wan = ["${berlin.address}"]
  server { enabled = true }
  client { enabled = true }`);

async function said(machine: Machine, path: string, body?: string): Promise<string> {
  const port = path.startsWith('/v1/job') || path.startsWith('/v1/region') ? 4646 : 8500;
  const init = body === undefined ? {} : { method: 'PUT', body };
  const signal = AbortSignal.timeout(TOLD_MS_MAX);
  const answer = await machine.ask(path, { ...init, port, signal });
  return `${answer.status} ${(await answer.text()).trim()}`;
}

const job = (id: string): string =>
  JSON.stringify({
    Job: {
      ...{ ID: id, Type: 'service', Datacenters: ['*'] },
      TaskGroups: [
        {
          Name: 'g',
          Tasks: [{ Name: 't', Driver: 'raw_exec', Config: { command: 'sleep', args: ['600'] } }],
        },
      ],
    },
  });

async function memberStatus(asked: Machine, name: string): Promise<string | undefined> {
  const { out } = await asked.run('members', '-wan');
  return new RegExp(`^${name} +\\S+ +(\\w+)`, 'm').exec(out)?.[1];
}

async function runs(id: string, where: Machine): Promise<boolean> {
  const path = `/v1/job/${id}/allocations`;
  const allocs = (await where.json(path)) as readonly { readonly ClientStatus: string }[];
  return allocs.length === 1 && allocs[0]?.ClientStatus === 'running';
}

await machines.until('the regions see each other', async () => {
  return (await said(paris, '/v1/jobs?region=us')) === '200 []';
});
await machines.until('both have a node', async () => {
  const lists = await Promise.all([paris, ohio].map((each) => each.json('/v1/nodes')));
  return lists.every((list) => JSON.stringify(list).includes('"ready"'));
});
assert.equal(await said(paris, '/v1/kv/before?dc=ohio', 'one'), '200 true');

// What waits while the link is cut has an answer, too.
const waiting = said(paris, '/v1/kv/before?dc=ohio&index=1000000&wait=20s');
for (const machine of eu) {
  machine.deafTo(ohio);
  ohio.deafTo(machine);
}
for (const [asked, region, dc] of [
  [paris, 'us', 'ohio'],
  [berlin, 'us', 'ohio'],
  [ohio, 'eu', 'paris'],
] as const) {
  assert.match(await said(asked, `/v1/jobs?region=${region}`), /^500 No path to region/);
  assert.match(await said(asked, `/v1/kv/before?dc=${dc}`), /^500 No path to datacenter/);
}
console.log(`what waited: ${await waiting}`);
for (const machine of [paris, berlin, ohio]) {
  assert.equal(await said(machine, '/v1/kv/during', machine.name), '200 true');
  assert.equal(await said(machine, '/v1/kv/during?raw'), `200 ${machine.name}`);
}
assert.match(await said(paris, '/v1/jobs', job('in-eu')), /^200/);
assert.match(await said(ohio, '/v1/jobs', job('in-us')), /^200/);
await machines.until('each runs its own', async () => {
  return (await runs('in-eu', berlin)) && (await runs('in-us', ohio));
});
await machines.until('each sees that the other has failed', async () => {
  const told = [memberStatus(berlin, 'ohio1.us'), memberStatus(ohio, 'berlin1.eu')];
  return (await Promise.all(told)).every((status) => status === 'failed');
});
const asked = performance.now();
assert.match(await said(paris, '/v1/jobs?region=us'), /^500 No path to region/);
console.log(`told of after ${(performance.now() - asked).toFixed(0)} ms`);
// A region without a server that is known to be there is none, as for Nomad.
assert.equal(await said(ohio, '/v1/regions'), '200 ["us"]');

const mended = performance.now();
for (const machine of [...eu, ohio]) machine.hearAll();
await machines.until('each sees the other again', async () => {
  const told = [memberStatus(berlin, 'ohio1.us'), memberStatus(ohio, 'berlin1.eu')];
  return (await Promise.all(told)).every((status) => status === 'alive');
});
await machines.until('each answers for the other again', async () => {
  return (
    /^200.*in-us/.test(await said(paris, '/v1/jobs?region=us')) &&
    /^200.*in-eu/.test(await said(ohio, '/v1/jobs?region=eu'))
  );
});
console.log(`rejoined after ${((performance.now() - mended) / 1_000).toFixed(1)} s`);
assert.equal(await said(paris, '/v1/kv/before?dc=ohio&raw'), '200 one');
assert.equal(await said(paris, '/v1/kv/during?dc=ohio&raw'), '200 ohio1');
assert.equal(await said(ohio, '/v1/kv/during?dc=berlin&raw'), '200 berlin1');
assert.ok((await runs('in-eu', berlin)) && (await runs('in-us', ohio)));
for (const machine of [...eu, ohio]) assert.ok(machine.isUp, machine.output.slice(-500));
console.log('region cut ok');
