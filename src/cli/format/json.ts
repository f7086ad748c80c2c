/** Values as the API tells them, for `-json`, and through a template of the caller's, for `-t`. */
import { Failure } from '../../base/failure.ts';
import { writeJson, type Json } from '../../base/json.ts';
import type { Codec } from '../../api/codec/codec.ts';
import type { FlagValues } from '../command.ts';
import type { World } from '../world.ts';

/** The wire form of a value, indented as `nomad` does; ends with a newline. */
export function wireJson<T>(codec: Codec<T> | undefined, value: T): string {
  return `${writeJson(wireOf(codec, value), 4)}\n`;
}

/**
 * Prints what the API answered as `-json` or `-t` ask; answers whether one of them did.
 *
 * Fails: `invalid` the template is wrong, or both are given.
 */
export function printed<T>(
  flags: Pick<FlagValues, 'has' | 'text'>,
  world: World,
  answer: readonly [codec: Codec<T> | undefined, value: T],
): Promise<boolean> {
  return printedWire(flags, world, () => wireOf(...answer));
}

/** The same for a value that is JSON already. */
export async function printedWire(
  flags: Pick<FlagValues, 'has' | 'text'>,
  world: World,
  wire: () => Json,
): Promise<boolean> {
  const template = flags.text('t');
  if (template === undefined) {
    if (!flags.has('json')) return false;
    world.out(`${writeJson(wire(), 4)}\n`);
    return true;
  }
  if (flags.has('json'))
    throw new Failure('invalid', 'Both json and template formatting are not allowed');
  // Loaded where it is asked for: most commands never do.
  const { renderData } = await import('../../core/template/render-data.ts');
  const answer = renderData(template, wire(), world.now());
  if ('problem' in answer)
    throw new Failure('invalid', `Error formatting the data: ${answer.problem}`);
  world.out(`${answer.text}\n`);
  return true;
}

function wireOf<T>(codec: Codec<T> | undefined, value: T): Json {
  return codec === undefined ? null : codec.encode(value, 'full');
}
