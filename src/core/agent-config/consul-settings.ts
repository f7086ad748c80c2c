/**
 * Where a Consul API is asked for the servers.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/configuration/consul
 */
import type { Reader } from './reader.ts';

export interface ConsulSettings {
  /** Of its HTTP API: `host:port`, or with `http://` before. */
  readonly address: string;
  readonly token: string;
  /** The service that servers are found as. */
  readonly serverServiceName: string;
  readonly serverAutoJoin: boolean;
  readonly clientAutoJoin: boolean;
}

/** That of a Consul agent on the same machine. */
const LOCAL_CONSUL = '127.0.0.1:8500';

export function consulSettings(root: Reader): ConsulSettings {
  const consul = root.block('consul');
  return {
    address: consul.text('address', LOCAL_CONSUL),
    token: consul.text('token', ''),
    serverServiceName: consul.text('server_service_name', 'nomad'),
    serverAutoJoin: consul.flag('server_auto_join', true),
    clientAutoJoin: consul.flag('client_auto_join', true),
  };
}
