/** What a command that asks the agent works with, made once from its flags and its world. */
import type { Api } from '../api/api.ts';
import type { Millis } from '../base/brand.ts';
import { agentApi } from './agent-api.ts';
import { API_FLAGS, flag, type Flag, type Invocation } from './command.ts';
import { shortIds, type Ids } from './format/ids.ts';
import { paint, type Paint } from './format/paint.ts';
import type { World } from './world.ts';

export interface Session {
  readonly api: Api;
  readonly world: World;
  readonly ids: Ids;
  readonly paint: Paint;
  /** Whole ids, whole tables. */
  readonly verbose: boolean;
  /** When the command began: ages are told from here. */
  readonly now: Millis;
}

export function openSession({ flags }: Invocation, world: World): Session {
  const verbose = flags.has('verbose');
  const noColour = (world.env['NO_COLOR'] ?? '') !== '' || flags.has('no-color');
  return {
    api: agentApi(flags, world),
    world,
    ids: shortIds(verbose),
    paint: paint(world.terminal && !noColour),
    verbose,
    now: world.now(),
  };
}

export const VERBOSE: Flag = flag.boolean('verbose', 'Print whole ids and more detail.');
export const JSON_FLAG: Flag = flag.boolean('json', 'Print what the API answers, as JSON.');
export const TEMPLATE_FLAG: Flag = flag.string(
  't',
  '<template>',
  'Print what the API answers through a Go template.',
);
/** Both ways to print what the API answers. */
export const DATA_FLAGS: readonly Flag[] = [JSON_FLAG, TEMPLATE_FLAG];
export const DETACH: Flag = flag.boolean(
  'detach',
  'Return at once instead of following what happens.',
);
export const WAIT: Flag = flag.boolean(
  'wait',
  'Wait until the batch job is over, and exit with the code of its task.',
);
export const YES: Flag = flag.boolean('yes', 'Do not ask for confirmation.');

/** The flags of a command of its own, then those of every command that asks the agent. */
export function withApiFlags(...own: readonly Flag[]): readonly Flag[] {
  return [...own, ...API_FLAGS];
}

/** Asks a question that only `y` answers with yes; always yes with `-yes`. */
export async function confirm(
  { flags }: Invocation,
  world: World,
  question: string,
): Promise<boolean> {
  if (flags.has('yes')) return true;
  world.out(`${question} [y/N] `);
  const answer = (await readLine(world)).trim();
  if (answer === 'y' || answer === 'Y') return true;
  world.out('Cancelled.\n');
  return false;
}

/** Longest answer worth reading [bytes]. */
const ANSWER_MAX = 1000;

/** What is typed up to the first newline, or up to the end of the input. */
async function readLine({ input, signal }: World): Promise<string> {
  const decoder = new TextDecoder();
  let typed = '';
  for await (const bytes of input.bytes(signal)) {
    typed += decoder.decode(bytes, { stream: true });
    if (typed.includes('\n') || typed.length > ANSWER_MAX) break;
  }
  return typed.split('\n')[0] ?? '';
}
