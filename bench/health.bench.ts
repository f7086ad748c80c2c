/**
 * The health of a service with fifty instances, over HTTP: asked for by 64 readers while nothing
 * changes, and while a check of another service changes a hundred times a second. The load comes
 * from another process.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConsulWorld } from '../test/consul-world.ts';
import { report } from './harness.ts';

const INSTANCES = 50;
const CONNECTIONS = 64;
const SECONDS = 4;
/** Between two changes of a check [ms]. */
const CHANGE_MS = 10;

interface Load {
  readonly rate: number;
  readonly p99: number;
  readonly failures: number;
}

async function load(port: number): Promise<Load> {
  const args = [port, '/v1/health/service/web?passing', CONNECTIONS, SECONDS].map(String);
  const program = ['--import', 'tsx', 'bench/health-load.ts', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  const result = JSON.parse(stdout) as Load;
  if (result.failures > 0) throw new Error(`${result.failures} requests failed`);
  return result;
}

const world = await ConsulWorld.start();

async function offer(node: string, service: string, output: string): Promise<void> {
  const { status, text } = await world.put('/v1/catalog/register', {
    Node: node,
    Address: '10.0.0.1',
    Service: { Service: service, Port: 8080, Tags: ['prod', 'v1'], Meta: { version: '1.2.3' } },
    Checks: [
      { Name: 'Serf Health Status', CheckID: 'serfHealth', Status: 'passing', Output: 'alive' },
      { Name: 'http', ServiceID: service, Status: 'passing', Output: output },
    ],
  });
  if (status !== 200) throw new Error(text);
}

for (let n = 0; n < INSTANCES; n++) await offer(`node-${n}`, 'web', 'HTTP GET: 200 OK');
await offer('elsewhere', 'other', '0');

const quiet = await load(world.port);
report({ name: 'health.service-of-50', value: quiet.rate, unit: 'answers/s', better: 'higher' });
report({ name: 'health.service-of-50.p99', value: quiet.p99, unit: 'ms', better: 'lower' });

let changes = 0;
let pending: Promise<void> = Promise.resolve();
const changing = setInterval(() => {
  changes += 1;
  const output = String(changes);
  pending = pending.then(() => offer('elsewhere', 'other', output));
}, CHANGE_MS);
const busy = await load(world.port);
clearInterval(changing);
await pending;
report({
  name: 'health.service-of-50.amid-changes',
  value: busy.rate,
  unit: 'answers/s',
  better: 'higher',
});
await world.stop();
