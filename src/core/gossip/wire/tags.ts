/** What a member says of itself: names and values, in the bytes that go round with it. */
import { Failure } from '../../../base/failure.ts';
import { TAGS_BYTES_MAX } from '../limits.ts';
import { Fields, PackReader, PackWriter, textOf } from './msgpack.ts';

export type Tags = Readonly<Record<string, string>>;

/** The first byte of tags. Source: Serf; without it the bytes are a role, as they once were. */
const MAGIC = 255;

/** Fails: `invalid` where they are too long to go round. */
export function encodeTags(tags: Tags): Uint8Array {
  const pairs = Object.entries(tags);
  const out = new PackWriter().byte(MAGIC).map(pairs.length);
  for (const [name, value] of pairs) out.text(name).text(value);
  const bytes = out.take();
  if (bytes.length > TAGS_BYTES_MAX) {
    const why = `the tags of a member have at most ${TAGS_BYTES_MAX} bytes, these ${bytes.length}`;
    throw new Failure('invalid', why);
  }
  return bytes;
}

/** What cannot be read is no tags. */
export function decodeTags(meta: Uint8Array): Tags {
  if (meta.length === 0) return {};
  if (meta[0] !== MAGIC) return { role: textOf(meta) };
  try {
    const tags: [string, string][] = [];
    for (const [name, value] of new Fields(new PackReader(meta, 1).value()).entries()) {
      tags.push([name, value instanceof Uint8Array ? textOf(value) : '']);
    }
    return Object.fromEntries(tags);
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}
