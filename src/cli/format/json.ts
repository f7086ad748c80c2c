/** Values as the API tells them, for `-json`. */
import { writeJson } from '../../base/json.ts';
import type { Codec } from '../../api/codec/codec.ts';

/** The wire form of a value, indented as `nomad` does; ends with a newline. */
export function wireJson<T>(codec: Codec<T> | undefined, value: T): string {
  const wire = codec === undefined ? null : codec.encode(value, 'full');
  return `${writeJson(wire, 4)}\n`;
}
