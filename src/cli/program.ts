/**
 * From the words typed to a command's run.
 *
 * P1: a flag may be written `-name value`, `-name=value`, `--name value` or `--name=value`.
 * P2: flags end at the first argument of a command that passes the rest through.
 * P3: an unknown command or flag suggests the nearest one and exits 1, nothing done.
 */
import { Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander';
import { explain, Failure, FAULTS } from '../base/failure.ts';
import { FlagValues, type Command, type Flag } from './command.ts';
import { commandHelp, groupHelp, programHelp } from './help.ts';
import type { World } from './world.ts';

/** Runs one command line; answers the exit code, everything printed. */
export async function runProgram(
  commands: readonly Command[],
  argv: readonly string[],
  world: World,
): Promise<number> {
  let code = 0;
  const meant = meantCommand(commands, argv);
  const { words, off } = normalise(meant?.command.flags ?? allFlags(commands), meant, argv);
  // Describing all commands to the parser takes longer than running most of them.
  const parsed = meant === undefined ? commands : [meant.command];
  const program = build(parsed, world, async (command, args, values) => {
    for (const name of off) values.set(name, false);
    code = await runCommand(command, args, new FlagValues(values), world);
  });
  program.configureHelp({ formatHelp: () => programHelp(commands) });
  if (words.length === 0) {
    world.err(programHelp(commands));
    return 1;
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    throw error;
  }
}

/** 128 and the number of SIGINT, as shells tell it. */
const INTERRUPTED = 130;

type Values = Map<string, string | boolean | readonly string[]>;
type Action = (command: Command, args: readonly string[], values: Values) => Promise<void>;

async function runCommand(
  command: Command,
  args: readonly string[],
  flags: FlagValues,
  world: World,
): Promise<number> {
  try {
    return await command.run({ args, flags }, world);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (world.signal.aborted) return INTERRUPTED;
    world.err(`${explain(error)}\n`);
    return command.failureCode ?? FAULTS[error.fault].exit;
  }
}

function build(commands: readonly Command[], world: World, action: Action): Commander {
  const program = quiet(new Commander('muster'), world);
  for (const command of commands) {
    for (const name of [command.name, ...(command.aliases ?? [])]) {
      const leaf = reach(program, name.split(' '), { commands, world });
      define(leaf, command, world, action);
    }
  }
  return program;
}

/** Walks to the sub-command of that name, making the groups on the way. */
function reach(root: Commander, words: readonly string[], within: Within): Commander {
  let at = root;
  words.forEach((word, i) => {
    const known = at.commands.find((c) => c.name() === word);
    at = known ?? group(at.command(word), words.slice(0, i + 1).join(' '), within);
  });
  return at;
}

interface Within {
  readonly commands: readonly Command[];
  readonly world: World;
}

function group(command: Commander, name: string, { commands, world }: Within): Commander {
  return quiet(command, world).configureHelp({ formatHelp: () => groupHelp(name, commands) });
}

function define(leaf: Commander, command: Command, world: World, action: Action): void {
  leaf.configureHelp({ formatHelp: () => commandHelp(command) });
  for (const part of command.arguments ?? []) leaf.argument(part);
  for (const spec of command.flags) leaf.addOption(option(spec));
  if (command.passThrough === true) leaf.passThroughOptions();
  leaf.action(async () => {
    const values: Values = new Map();
    for (const spec of command.flags) {
      const value: unknown = leaf.getOptionValue(attribute(spec.name));
      if (typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value)) {
        values.set(spec.name, value as string | boolean | readonly string[]);
      }
    }
    await action(command, leaf.args, values);
  });
  if (world.terminal) leaf.showSuggestionAfterError();
}

function option(spec: Flag): Option {
  const dashes = spec.name.length === 1 ? '-' : '--';
  if (spec.kind === 'boolean') {
    const made = new Option(`${dashes}${spec.name}`, spec.help);
    // Of itself it would take \`-no-color\` for the opposite of a flag \`color\`.
    made.negate = false;
    return made;
  }
  const made = new Option(`${dashes}${spec.name} ${spec.placeholder ?? '<value>'}`, spec.help);
  if (spec.kind === 'list') {
    made.argParser((value: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      value,
    ]);
  }
  if (spec.kind === 'number') {
    made.argParser((value: string) => {
      if (value.trim() === '' || !Number.isFinite(Number(value))) {
        throw new InvalidArgumentError('It takes a number.');
      }
      return value;
    });
  }
  return made;
}

/** Commander's name for an option: dashes become humps. */
function attribute(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function quiet(command: Commander, world: World): Commander {
  return command
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .helpOption('-h, --help')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => {
        world.out(text);
      },
      writeErr: (text) => {
        world.err(text);
      },
    });
}

/** The words as commander wants them, and the boolean flags that were switched off. */
interface Typed {
  readonly words: readonly string[];
  readonly off: ReadonlySet<string>;
}

function allFlags(commands: readonly Command[]): readonly Flag[] {
  return commands.flatMap((command) => command.flags);
}

/** Gives long flags their second dash, and booleans written `-x=false` their meaning. */
function normalise(
  known: readonly Flag[],
  meant: Meant | undefined,
  argv: readonly string[],
): Typed {
  const booleans = new Set(known.filter((f) => f.kind === 'boolean').map((f) => f.name));
  const rest = passThroughFrom(meant, argv);
  const off = new Set<string>();
  const words = argv.flatMap((word, i) => {
    if (i >= rest) return [word];
    const match = /^--?([A-Za-z][\w-]*)(=[\s\S]*)?$/.exec(word);
    const name = match?.[1];
    if (name === undefined) return [word];
    const value = match?.[2];
    const dashes = name.length === 1 ? '-' : '--';
    if (booleans.has(name) && value !== undefined) {
      if (/^=(1|t|true)$/i.test(value)) return [`${dashes}${name}`];
      off.add(name);
      return [];
    }
    if (name.length === 1 && value !== undefined) return [`-${name}`, value.slice(1)];
    return [`${dashes}${name}${value ?? ''}`];
  });
  return { words, off };
}

interface Meant {
  readonly command: Command;
  /** How many words its name has. */
  readonly words: number;
}

/** The command whose name the words begin with; the longest name wins. */
function meantCommand(commands: readonly Command[], argv: readonly string[]): Meant | undefined {
  let best: Meant | undefined;
  for (const command of commands) {
    for (const name of [command.name, ...(command.aliases ?? [])]) {
      const words = name.split(' ');
      const fits = words.every((word, i) => argv[i] === word);
      if (fits && words.length > (best?.words ?? 0)) best = { command, words: words.length };
    }
  }
  return best;
}

/** Where the words begin that belong to somebody else's command line (P2). */
function passThroughFrom(meant: Meant | undefined, argv: readonly string[]): number {
  const end = argv.indexOf('--');
  if (meant?.command.passThrough !== true) return end < 0 ? argv.length : end;
  const valued = meant.command.flags.filter((f) => f.kind !== 'boolean');
  const takesValue = new Set(valued.map((f) => f.name));
  for (let i = meant.words; i < argv.length; i++) {
    const word = argv[i] ?? '';
    const match = /^--?([A-Za-z][\w-]*)(=.*)?$/.exec(word);
    if (match === null) return i;
    if (takesValue.has(match[1] ?? '') && match[2] === undefined) i++;
  }
  return argv.length;
}
