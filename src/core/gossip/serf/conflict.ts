/** Who has a name that two members use: the answer to that question. */
import { Failure } from '../../../base/failure.ts';
import type { Address } from '../address.ts';
import { packHost, readAddress } from '../wire/messages.ts';
import { Fields, PackReader, PackWriter } from '../wire/msgpack.ts';
import { SERF_KIND } from '../wire/serf-messages.ts';
import type { Member } from './ring.ts';

/** In the order of their numbers. */
const STATUSES = ['none', 'alive', 'leaving', 'left', 'failed'];

export function encodeConflict({ name, address, tags, status }: Member): Uint8Array {
  const out = new PackWriter().byte(SERF_KIND.conflict).map(5);
  out.text('Addr').raw(packHost(address.host)).text('Name').text(name);
  out.text('Port').int(address.port).text('Status').int(STATUSES.indexOf(status));
  const pairs = Object.entries(tags);
  out.text('Tags').map(pairs.length);
  for (const [key, value] of pairs) out.text(key).text(value);
  return out.take();
}

/** Where the member is that the answer names; undefined for what is no answer. */
export function decodeConflict(payload: Uint8Array): Address | undefined {
  if (payload[0] !== SERF_KIND.conflict) return undefined;
  try {
    return readAddress(new Fields(new PackReader(payload, 1).value()), 'Addr', 'Port');
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
