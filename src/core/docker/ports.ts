/** The ports of a container: which are published, and where (D1). */
import type { Json, JsonObject } from '../../base/json.ts';
import type { ConfigIssue } from '../model/config-issue.ts';
import type { DockerConfig } from './config.ts';
import { joins, type ContainerInput } from './container-input.ts';

/** `80/tcp -> [{ HostIp, HostPort }]`, for tcp and udp alike. */
export function portMap(input: ContainerInput): JsonObject {
  const map: Record<string, Json[]> = {};
  if (input.joinNetwork !== undefined || input.config.network_mode === 'host') return map;
  for (const port of published(input)) {
    for (const protocol of ['tcp', 'udp']) {
      const key = `${containerPort(port, input.config)}/${protocol}`;
      (map[key] ??= []).push({ HostIp: port.hostIp, HostPort: String(port.value) });
    }
  }
  return map;
}

type Port = ContainerInput['ports'][number];

function published({ config, ports }: ContainerInput): readonly Port[] {
  if (config.ports.length === 0 && Object.keys(config.port_map).length === 0) return ports;
  return ports.filter((p) => config.ports.includes(p.label) || p.label in config.port_map);
}

function containerPort(port: Port, config: DockerConfig): number {
  const mapped = config.port_map[port.label];
  if (mapped !== undefined) return mapped;
  return port.to > 0 ? port.to : port.value;
}

/** `NOMAD_PORT_x` names the port inside the container where `port_map` moved it. */
export function mappedPortEnv({ config, ports }: ContainerInput): Record<string, string> {
  return Object.fromEntries(
    ports.flatMap(({ label }) => {
      const mapped = config.port_map[label];
      return mapped === undefined ? [] : [[`NOMAD_PORT_${label}`, String(mapped)]];
    }),
  );
}

/** Labels that the task names and its group does not ask for; ports moved where they cannot be. */
export function portIssues(input: ContainerInput): ConfigIssue[] {
  const { config, ports } = input;
  const movedPorts = joins(input)
    ? Object.keys(config.port_map).map((label) => ({
        path: `port_map.${label}`,
        message: 'cannot be set in a network of the group: say "to" in the port block',
      }))
    : [];
  const known = new Set(ports.map((p) => p.label));
  const missing = (label: string, path: string): ConfigIssue[] =>
    known.has(label) ? [] : [{ path, message: `the group asks for no port labelled "${label}"` }];
  return [
    ...movedPorts,
    ...config.ports.flatMap((label, i) => missing(label, `ports[${i}]`)),
    ...Object.keys(config.port_map).flatMap((label) => missing(label, `port_map.${label}`)),
  ];
}
