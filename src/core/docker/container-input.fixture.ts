import assert from 'node:assert/strict';
import type { JsonObject } from '../../base/json.ts';
import { DEFAULT_CAPABILITIES } from '../model/capabilities.ts';
import { decodeDockerConfig, isConfig } from './config.ts';
import type { ContainerInput, DockerPolicy } from './container-input.ts';

const STRICT: DockerPolicy = {
  allowPrivileged: false,
  volumes: false,
  allowCaps: DEFAULT_CAPABILITIES,
};

/** One start of a task with one port, where the operator allows nothing special. */
export function input(raw: JsonObject, over: Partial<ContainerInput> = {}): ContainerInput {
  const config = decodeDockerConfig({ image: 'busybox', ...raw });
  assert.ok(isConfig(config));
  return {
    config,
    policy: STRICT,
    image: 'busybox:1',
    env: { A: '1', NOMAD_PORT_http: '20001' },
    user: '',
    labels: { 'com.hashicorp.nomad.alloc_id': 'a1' },
    cpu: 100,
    cores: [],
    cpuCores: 0.5,
    memoryMb: 64,
    memoryMaxMb: 0,
    ports: [{ label: 'http', value: 20_001, to: 0, hostIp: '127.0.0.1' }],
    directories: { shared: '/d/a1/alloc', local: '/d/a1/t/local', secrets: '/d/a1/t/secrets' },
    taskDir: '/d/a1/t',
    mounts: [],
    ...over,
  };
}
