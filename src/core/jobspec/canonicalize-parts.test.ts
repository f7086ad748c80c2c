import assert from 'node:assert/strict';
import test from 'node:test';
import type { JobId } from '../model/ids.ts';
import type { ConstraintOperand } from '../model/placement.ts';
import { canonicalizeGroup } from './canonicalize-group.ts';
import {
  canonicalizeConstraints,
  canonicalizeNetwork,
  canonicalizeResources,
  canonicalizeSpreads,
} from './canonicalize-resources.ts';
import { canonicalizeService } from './canonicalize-service.ts';
import { around, jobOf } from './job-text.fixture.ts';
import { VOLUME_DEFAULTS } from './defaults.ts';

const draft = { id: 'x' as JobId };
const owner = { draft, id: 'x', namespace: 'ns', type: 'service' as const };

test('a group that scales has as many instances as it must', () => {
  const group = canonicalizeGroup({ name: 'g', scaling: { min: 3, max: 9 } }, owner);
  assert.equal(group.count, 3);
  assert.deepEqual(group.scaling, {
    id: '',
    type: 'horizontal',
    min: 3,
    max: 9,
    enabled: true,
    policy: {},
    target: { Namespace: 'ns', Job: 'x', Group: 'g' },
  });
});

test('volumes, templates, artifacts and vault have defaults', () => {
  const group = canonicalizeGroup(
    {
      volumes: {
        v: {
          ...VOLUME_DEFAULTS,
          name: 'v',
          source: 's',
          mountOptions: { fsType: 'ext4', mountFlags: [] },
        },
      },
      tasks: [
        { name: 't', templates: [{ wait: { minMs: 1, maxMs: 2 } }], artifacts: [{}], vault: {} },
      ],
    },
    owner,
  );
  assert.deepEqual(group.volumes['v']?.mountOptions, { fsType: 'ext4', mountFlags: [] });
  assert.deepEqual([group.volumes['v'].name, group.volumes['v'].type], ['v', 'host']);
  const [task] = group.tasks;
  assert.deepEqual(task?.templates[0]?.wait, { minMs: 1, maxMs: 2 });
  assert.deepEqual([task.artifacts[0]?.mode, task.artifacts[0]?.destination], ['any', 'local/']);
  assert.equal(task.vault?.env, true);
});

test('operators have one spelling', () => {
  const operands = ['==', 'is', 'not', '', '>='].map((operand) => ({
    operand: operand as ConstraintOperand,
  }));
  assert.deepEqual(
    canonicalizeConstraints(operands).map((each) => each.operand),
    ['=', '=', '!=', '=', '>='],
  );
  assert.deepEqual(canonicalizeSpreads([{ targets: [{}] }])[0]?.targets, [
    { value: '', percent: 0 },
  ]);
});

test('ports are on the default network unless said otherwise', () => {
  const network = canonicalizeNetwork({
    dynamicPorts: [{ label: 'a' }, { hostNetwork: 'b' }],
    dns: {},
  });
  assert.deepEqual(
    network.dynamicPorts.map((port) => port.hostNetwork),
    ['default', 'b'],
  );
  assert.deepEqual(network.dns, { servers: [], searches: [], options: [] });
  assert.deepEqual(
    [canonicalizeResources({ cores: 1 }).cpu, canonicalizeResources({}).cpu],
    [0, 100],
  );
});

test('a service is named after what it is of, and its checks after it', () => {
  const service = canonicalizeService(
    {
      name: '${BASE}-${TASK}',
      checkRestart: { limit: 2 },
      checks: [{}, { checkRestart: { limit: 3 } }],
    },
    { job: 'j', group: 'g', task: 't' },
  );
  assert.equal(service.name, 'j-g-t-t');
  assert.deepEqual(
    service.checks.map((check) => check.checkRestart?.limit),
    [2, 3],
  );
  const connect = canonicalizeService(
    {
      connect: {
        sidecarService: { proxy: { upstreams: [{ destinationName: 'd' }], expose: {} } },
        sidecarTask: { resources: {}, logConfig: {} },
        gateway: {
          ingress: { listeners: [{}], tls: {} },
          terminating: { services: [{}] },
          proxy: {},
        },
      },
    },
    { job: 'j', group: 'g' },
  ).connect;
  assert.equal(connect?.sidecarService?.proxy?.upstreams[0]?.destinationName, 'd');
  assert.deepEqual(connect.sidecarService.proxy.expose, { paths: [] });
  assert.equal(connect.sidecarTask?.logConfig?.maxFiles, 10);
  assert.deepEqual(connect.gateway?.ingress?.tls, { enabled: false });
});

test('identities: the default one apart, the others by their names, kept as written', () => {
  const job = jobOf(
    around(
      'service {\nname = "s"\nidentity {\naud = ["c"]\n}\n}',
      'identity {\nenv = true\n}\nidentity {\nname = "aws"\naud = ["x"]\nttl = "1h"\n}',
    ),
  );
  const [group] = job.groups;
  assert.ok(group !== undefined);
  const [task] = group.tasks;
  assert.deepEqual(task?.identity?.name, 'default');
  assert.equal(task.identity.env, true);
  assert.deepEqual(
    task.identities?.map(({ name, audience, ttlMs }) => [name, audience, ttlMs]),
    [['aws', ['x'], 3_600_000]],
  );
  assert.deepEqual(group.services[0]?.identity?.audience, ['c']);
});
