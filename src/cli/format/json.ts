/** Values as the API tells them, for `-json`. */
import type { Codec } from '../../api/codec/codec.ts';

/** The wire form of a value, indented as `nomad` does; ends with a newline. */
export function wireJson<T>(codec: Codec<T> | undefined, value: T): string {
  const wire = codec === undefined ? null : codec.encode(value, 'full');
  return `${JSON.stringify(wire, null, 4)}\n`;
}
