/**
 * What a command is: a value that the parser, the help, the completion and the reference all read.
 *
 * Flags follow Go's `flag` package, as users of `nomad` type them: one dash or two, `-name value`
 * or `-name=value`.
 */
import { Failure } from '../base/failure.ts';
import type { World } from './world.ts';

export interface Command {
  /** Words after the program's name: `job run`. */
  readonly name: string;
  /** Other spellings, old ones included: `run`, `alloc-status`. */
  readonly aliases?: readonly string[];
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What it does, for its own help; paragraphs as they are to be printed. */
  readonly description?: string;
  /** The arguments as the usage line shows them: `<job>`, `[<prefix>]`, `<command>...`. */
  readonly arguments?: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  /** Takes what follows its last argument as it is, dashes included (`alloc exec`). */
  readonly passThrough?: boolean;
  /** Left out of the list of commands. */
  readonly hidden?: boolean;
  /** Answers the exit code. A thrown Failure is printed and exits 1, or with `failureCode`. */
  readonly run: (invocation: Invocation, world: World) => Promise<number>;
  /** Exit code after a Failure; 1 where absent. */
  readonly failureCode?: number;
}

export interface Flag {
  /** Without dashes. */
  readonly name: string;
  readonly kind: 'boolean' | 'string' | 'number' | 'list';
  /** Stands for the value in the help: `<path>`. */
  readonly placeholder?: string;
  readonly help: string;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

/** What was typed, after parsing. */
export interface Invocation {
  readonly args: readonly string[];
  readonly flags: FlagValues;
}

/** Values by flag name; absent ones answer undefined, false or an empty list. */
export class FlagValues {
  readonly #values: ReadonlyMap<string, string | boolean | readonly string[]>;

  constructor(values: ReadonlyMap<string, string | boolean | readonly string[]>) {
    this.#values = values;
  }

  /** True where a boolean flag was given (and not as `-x=false`). */
  has(name: string): boolean {
    return this.#values.get(name) === true;
  }

  /** True where a boolean flag was switched off: `-x=false`. */
  denied(name: string): boolean {
    return this.#values.get(name) === false;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** The parser has checked that it is a number. */
  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }
}

export const flag = {
  boolean: (name: string, help: string): Flag => ({ name, kind: 'boolean', help }),
  string: (name: string, placeholder: string, help: string): Flag => ({
    name,
    kind: 'string',
    placeholder,
    help,
  }),
  number: (name: string, placeholder: string, help: string): Flag => ({
    name,
    kind: 'number',
    placeholder,
    help,
  }),
  list: (name: string, placeholder: string, help: string): Flag => ({
    name,
    kind: 'list',
    placeholder,
    help,
  }),
} as const;

/** Of a flag whose value is spelled out; undefined: not typed. Fails: `invalid` neither of both. */
export function typedBool(flags: FlagValues, name: string): boolean | undefined {
  const typed = flags.text(name);
  if (typed === undefined) return undefined;
  if (typed === 'true' || typed === 'false') return typed === 'true';
  throw new Failure('invalid', `-${name} is true or false, not "${typed}"`);
}

/** Flags of every command that talks to an agent. */
export const API_FLAGS: readonly Flag[] = [
  flag.string('address', '<url>', 'Address of the agent. Also MUSTER_ADDR or NOMAD_ADDR.'),
  flag.string('region', '<region>', 'Region to ask. Also MUSTER_REGION or NOMAD_REGION.'),
  flag.string('namespace', '<namespace>', 'Namespace to ask. Also NOMAD_NAMESPACE.'),
  flag.string('token', '<token>', 'Secret of an access token. Also MUSTER_TOKEN or NOMAD_TOKEN.'),
  flag.boolean('no-color', 'Print without colours.'),
];

/** Flags of every command that talks to an agent's discovery API, as `consul` has them. */
export const DISCOVERY_FLAGS: readonly Flag[] = [
  flag.string(
    'http-addr',
    '<address>',
    'Address of the agent: host:port, a URL, or unix:///path. Also MUSTER_HTTP_ADDR or CONSUL_HTTP_ADDR.',
  ),
  flag.string('token', '<token>', 'Secret of an access token. Also CONSUL_HTTP_TOKEN.'),
  flag.string('token-file', '<path>', 'A file with it. Also CONSUL_HTTP_TOKEN_FILE.'),
  flag.string('datacenter', '<name>', 'Datacenter to ask; that of the agent unless given.'),
  flag.boolean('stale', 'Let any server answer, not only the leader.'),
];

/** Whether a flag is shared by many commands. */
export function isGeneralFlag(one: Flag): boolean {
  return API_FLAGS.includes(one) || DISCOVERY_FLAGS.includes(one);
}
