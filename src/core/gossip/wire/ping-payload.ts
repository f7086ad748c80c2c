/** What an answer to a ping carries: the coordinate of who answers. */
import { Failure } from '../../../base/failure.ts';
import type { Coordinate } from '../../model/coordinate.ts';
import { DIMENSIONS } from '../limits.ts';
import { Fields, PackReader, PackWriter } from './msgpack.ts';

/** The first byte. Source: Serf's `PingVersion`. */
const VERSION = 1;

export function encodePingPayload({ vec, error, adjustment, height }: Coordinate): Uint8Array {
  const out = new PackWriter().byte(VERSION).map(4).text('Adjustment').float(adjustment);
  out.text('Error').float(error).text('Height').float(height).text('Vec').list(vec.length);
  for (const each of vec) out.float(each);
  return out.take();
}

/** Undefined for what is no coordinate in as many dimensions as ours. */
export function decodePingPayload(payload: Uint8Array): Coordinate | undefined {
  if (payload[0] !== VERSION) return undefined;
  try {
    const fields = new Fields(new PackReader(payload, 1).value());
    const vec = fields.list('Vec').map(Number);
    const [error, adjustment, height] = ['Error', 'Adjustment', 'Height'].map((name) =>
      fields.float(name),
    );
    const coordinate = { vec, error: error ?? 0, adjustment: adjustment ?? 0, height: height ?? 0 };
    const all = [...vec, coordinate.error, coordinate.adjustment, coordinate.height];
    return vec.length === DIMENSIONS && all.every(Number.isFinite) ? coordinate : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
