/** Whom to join, as people write it. */
import { Failure } from '../base/failure.ts';
import type { Address } from '../core/gossip/address.ts';

/** Nomad's gossip port: people write it in what they copied, and mean ours. */
const NOMAD_PORT = 4_648;

/** `host`, `host:port`, `[::1]:port`, `::1`. Fails: `invalid`. */
export function parseJoin(text: string, defaultPort: number): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text.trim());
  const bare = match === null && /^[0-9a-fA-F:.]+$/.test(text.trim()) ? text.trim() : undefined;
  const host = match?.[1] ?? match?.[2] ?? bare;
  const port = Number(match?.[3] ?? defaultPort);
  if (host === undefined || port > 65_535) {
    throw new Failure('invalid', `"${text}" is no address to join`);
  }
  return { host, port: port === NOMAD_PORT ? defaultPort : port };
}
