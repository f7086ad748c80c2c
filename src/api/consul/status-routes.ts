/** Who leads. Source: https://developer.hashicorp.com/consul/api-docs/status */
import { listOf, textCodec } from '../codec/fields.ts';
import { ask } from '../route.ts';

export const consulLeader = ask({
  name: 'consul.status.leader',
  path: '/v1/status/leader',
  about: 'The address of the leader; empty when there is none.',
  reply: textCodec,
});

export const consulPeers = ask({
  name: 'consul.status.peers',
  path: '/v1/status/peers',
  about: 'The addresses of all servers.',
  reply: listOf(textCodec),
});

export const STATUS_ROUTES = [consulLeader, consulPeers] as const;
