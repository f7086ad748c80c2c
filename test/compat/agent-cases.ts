/** What clients send and read about running tasks and the agent. */
import type { Case } from './case.ts';
import { flag, list, mapOf, nanos, number, object, positive, text, time } from './match.ts';

export const CLIENT_CASES: readonly Case[] = [
  {
    route: 'client.alloc.stats',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/stats`,
    answer: {
      ResourceUsage: {
        MemoryStats: { RSS: number, Measured: list },
        CpuStats: { Percent: number, SystemMode: number, UserMode: number },
      },
      Tasks: { t: { ResourceUsage: { MemoryStats: { RSS: number } }, Timestamp: nanos } },
      Timestamp: nanos,
    },
  },
  {
    route: 'client.alloc.checks',
    shows: 'an allocation without checks',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/checks`,
    answer: {},
  },
  {
    route: 'client.alloc.checks',
    shows: 'an unknown allocation',
    path: () => '/v1/client/allocation/00000000-0000-0000-0000-000000000000/checks',
    status: 404,
  },
  {
    route: 'client.metadata.change',
    method: 'POST',
    path: () => '/v1/client/metadata',
    body: { NodeID: '', Meta: { ready: '1', empty: '', unknown: null } },
    answer: { Meta: { ready: '1', empty: '' }, Dynamic: { ready: '1', empty: '' }, Static: {} },
  },
  {
    route: 'client.metadata.change',
    shows: 'nothing to change',
    path: ({ node }) => `/v1/client/metadata?node_id=${node}`,
    body: { Meta: {} },
    status: 400,
    text: /missing required Meta object/,
  },
  {
    route: 'client.metadata',
    path: ({ node }) => `/v1/client/metadata?node_id=${node}`,
    answer: { Meta: { ready: '1', empty: '' }, Dynamic: { ready: '1', empty: '' }, Static: {} },
  },
  {
    route: 'client.alloc.signal',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/signal`,
    body: { Task: 't', Signal: 'SIGHUP' },
  },
  {
    route: 'client.alloc.exec',
    shows: 'a request without an upgrade',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/exec?task=t&command=%5B%22a%22%5D`,
    status: 400,
  },
  {
    route: 'client.alloc.gc',
    shows: 'an allocation that runs',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/gc`,
    status: 409,
  },
  {
    route: 'client.stats',
    path: () => '/v1/client/stats',
    answer: { CPU: list, Memory: { Total: number, Used: number }, DiskStats: list, Uptime: number },
  },
  { route: 'client.gc', path: () => '/v1/client/gc' },
  {
    route: 'client.fs.ls',
    path: ({ alloc }) => `/v1/client/fs/ls/${alloc}?path=alloc/logs`,
    answer: [{ Name: text, IsDir: flag, Size: number, FileMode: text, ModTime: time }],
  },
  {
    route: 'client.fs.stat',
    path: ({ alloc }) => `/v1/client/fs/stat/${alloc}?path=alloc/logs/t.stdout.0`,
    answer: { Name: text, IsDir: false, Size: positive, ContentType: text },
  },
  {
    route: 'client.fs.cat',
    path: ({ alloc }) => `/v1/client/fs/cat/${alloc}?path=alloc/logs/t.stdout.0`,
    text: /^hello\n$/,
  },
  {
    route: 'client.fs.readat',
    path: ({ alloc }) =>
      `/v1/client/fs/readat/${alloc}?path=alloc/logs/t.stdout.0&offset=1&limit=3`,
    text: /^ell$/,
  },
  {
    route: 'client.fs.stream',
    path: ({ alloc }) =>
      `/v1/client/fs/stream/${alloc}?path=alloc/logs/t.stdout.0&follow=false&origin=start&offset=0`,
    stream: true,
    answer: { Data: 'aGVsbG8K', File: text },
  },
  {
    route: 'client.fs.logs',
    path: ({ alloc }) => `/v1/client/fs/logs/${alloc}?task=t&type=stdout&plain=true`,
    text: /^hello\n$/,
  },
  {
    route: 'client.fs.logs',
    shows: 'frames',
    path: ({ alloc }) =>
      `/v1/client/fs/logs/${alloc}?task=t&type=stdout&follow=true&offset=0&origin=start`,
    stream: true,
    answer: { Data: 'aGVsbG8K' },
  },
  {
    route: 'client.alloc.restart',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/restart`,
    body: { TaskName: 't' },
  },
];

export const AGENT_CASES: readonly Case[] = [
  {
    route: 'agent.self',
    path: () => '/v1/agent/self',
    answer: { config: object, member: { Name: text, Addr: text, Port: positive }, stats: object },
  },
  {
    route: 'agent.members',
    path: () => '/v1/agent/members',
    answer: {
      ServerName: text,
      ServerRegion: 'global',
      ServerDC: 'dc1',
      Members: [{ Name: text, Addr: text, Port: positive, Status: 'alive', Tags: mapOf(text) }],
    },
  },
  {
    route: 'agent.health',
    path: () => '/v1/agent/health?type=server',
    answer: { server: { ok: true, message: 'ok' } },
  },
  { route: 'agent.servers', path: () => '/v1/agent/servers', answer: [text] },
  {
    route: 'agent.host',
    path: () => '/v1/agent/host',
    answer: { AgentID: text, HostData: object },
  },
  {
    route: 'agent.monitor',
    path: () => '/v1/agent/monitor?log_level=debug',
    stream: true,
    answer: { Data: text },
  },
  {
    route: 'agent.join',
    path: () => '/v1/agent/join?address=127.0.0.1',
    answer: { error: text, num_joined: 0 },
  },
  {
    route: 'agent.force-leave',
    shows: 'a member that has not failed',
    path: () => '/v1/agent/force-leave?node=test.global',
    status: 400,
    text: /alive, not failed/,
  },
  ...(['list', 'install', 'use', 'remove'] as const).map((verb): Case => ({
    route: `agent.keyring.${verb}`,
    shows: 'an agent that does not gossip',
    path: () => `/v1/agent/keyring/${verb}`,
    ...(verb === 'list' ? {} : { body: { Key: 'AOUfjGff+MrTBzNU7NCOTmYajKRkGv8r2ToxheWd+jk=' } }),
    status: 501,
    text: /does not gossip/,
  })),
  {
    route: 'metrics',
    path: () => '/v1/metrics',
    answer: {
      Timestamp: text,
      Gauges: [{ Name: text, Value: number, Labels: object }],
      Counters: list,
      Samples: list,
      Points: list,
    },
  },
  { route: 'metrics', path: () => '/v1/metrics?format=prometheus', text: /^nomad_test\{/m },
];
