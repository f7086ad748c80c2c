/** An argument that is data itself, or says where it is. */
import type { World } from '../world.ts';

/**
 * `@path` is the content of a file, `-` what stands on standard input, `\@...` begins with the sign
 * itself; anything else is what it is.
 */
export async function readData(
  typed: string,
  { files }: Pick<World, 'files'>,
): Promise<Uint8Array> {
  if (typed === '-') return files.readBytes('-');
  if (typed.startsWith('@')) return files.readBytes(typed.slice(1));
  const text = /^\\[@-]/.test(typed) ? typed.slice(1) : typed;
  return new TextEncoder().encode(text);
}
