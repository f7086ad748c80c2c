/**
 * Routes as operators write them: lines `route add`, `route del`, `route weight`, applied in their
 * order after the routes of the catalog.
 *
 * O1: a line that cannot be read changes nothing, and is told with its number.
 *
 * Source: https://fabiolb.net/cfg/
 */
import { isRefusal, parseOptions, parseSource, type Refusal } from './options.ts';
import {
  sourceText,
  type Destination,
  type Offer,
  type RuleOptions,
  type RuleSource,
} from './rule.ts';

/** What an offer has to match; absent: whatever. */
interface Selector {
  readonly service?: string;
  /** `host/path` or `:port`. */
  readonly source?: string;
  /** As `host:port`. */
  readonly destination?: string;
  /** All of them. */
  readonly tags: readonly string[];
}

export type Command =
  | Readonly<{ do: 'add'; offer: Offer }>
  | Readonly<{ do: 'del'; of: Selector }>
  /** `weight` undefined: none fixed. */
  | Readonly<{ do: 'weight'; of: Selector; weight: number | undefined }>;

export interface Overrides {
  readonly commands: readonly Command[];
  /** `line 3: ...`. */
  readonly problems: readonly string[];
}

/** Lines that are read. People write some dozens. */
const LINES_MAX = 20_000;

/** Lines read before, so that a change of one does not read all others again. */
export type ReadLines = Map<string, Command | Refusal>;

/** Lines remembered; beyond, all are read anew. */
const READ_LINES_MAX = 50_000;

export function parseOverrides(text: string, read: ReadLines = new Map()): Overrides {
  if (read.size > READ_LINES_MAX) read.clear();
  const commands: Command[] = [];
  const problems: string[] = [];
  const lines = text.split('\n');
  if (lines.length > LINES_MAX) problems.push(`only the first ${LINES_MAX} lines are read`);
  lines.slice(0, LINES_MAX).forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('//')) return;
    const command = read.get(trimmed) ?? parseLine(trimmed);
    read.set(trimmed, command);
    if (isRefusal(command)) problems.push(`line ${index + 1}: ${command.refused}`);
    else commands.push(command);
  });
  return { commands, problems };
}

/** Applies the commands to the offers of the catalog. */
export function override(offers: readonly Offer[], commands: readonly Command[]): readonly Offer[] {
  let found = [...offers];
  for (const command of commands) {
    switch (command.do) {
      case 'add':
        // In place: some have ten thousand of these.
        found.push(command.offer);
        break;
      case 'del':
        found = found.filter((offer) => !matches(offer, command.of));
        break;
      case 'weight':
        found = weighed(found, command);
        break;
    }
  }
  return found;
}

/** The weight is of all that match together: each gets its part. */
function weighed(
  offers: readonly Offer[],
  { of, weight }: Extract<Command, { do: 'weight' }>,
): Offer[] {
  const counts = new Map<string, number>();
  for (const offer of offers) {
    if (!matches(offer, of)) continue;
    const key = sourceText(offer.source);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return offers.map((offer) => {
    if (!matches(offer, of)) return offer;
    const count = counts.get(sourceText(offer.source)) ?? 1;
    return { ...offer, options: withWeight(offer.options, weight && weight / count) };
  });
}

function withWeight(options: RuleOptions, weight: number | undefined): RuleOptions {
  const { weight: before, ...others } = options;
  if (weight !== undefined) return { ...others, weight };
  return before === undefined ? options : others;
}

function matches(offer: Offer, of: Selector): boolean {
  const { service, source, destination, tags } = of;
  return (
    (service === undefined || offer.service === service) &&
    (source === undefined || sourceText(offer.source) === source) &&
    (destination === undefined ||
      `${offer.destination.host}:${offer.destination.port}` === destination) &&
    tags.every((tag) => offer.tags.includes(tag))
  );
}

/** Words and quoted texts; undefined where a quote is not closed. */
function wordsOf(line: string): readonly string[] | undefined {
  const words: string[] = [];
  const piece = /\s*(?:"([^"]*)"|([^\s"]+))/y;
  while (piece.lastIndex < line.length) {
    const found = piece.exec(line);
    if (found === null) return undefined;
    words.push(found[1] ?? found[2] ?? '');
  }
  return words;
}

interface Parts {
  /** Before the first keyword. */
  readonly plain: readonly string[];
  readonly weight?: string;
  readonly tags: readonly string[];
  readonly opts: readonly string[];
}

const KEYWORDS: ReadonlySet<string> = new Set(['weight', 'tags', 'opts']);

function parseLine(line: string): Command | Refusal {
  const words = wordsOf(line);
  if (words === undefined) return { refused: 'a quote is not closed' };
  const [route, verb = '', ...rest] = words;
  if (route !== 'route') return { refused: `begins with "${route ?? ''}", not with "route"` };
  const parts = partsOf(rest);
  if (isRefusal(parts)) return parts;
  switch (verb) {
    case 'add':
      return parseAdd(parts);
    case 'del':
      return parseDel(parts);
    case 'weight':
      return parseWeight(parts);
    default:
      return { refused: `"route ${verb}" is none of add, del, weight` };
  }
}

function partsOf(words: readonly string[]): Parts | Refusal {
  const first = words.findIndex((word) => KEYWORDS.has(word));
  const plain = first < 0 ? words : words.slice(0, first);
  const given = new Map<string, string>();
  for (let i = first < 0 ? words.length : first; i < words.length; i += 2) {
    const [name = '', value] = words.slice(i, i + 2);
    if (!KEYWORDS.has(name)) return { refused: `"${name}" is out of place` };
    if (value === undefined) return { refused: `${name} has no value` };
    given.set(name, value);
  }
  const weight = given.get('weight');
  return {
    plain,
    ...(weight === undefined ? {} : { weight }),
    tags: listOf(given.get('tags'), /,/),
    opts: listOf(given.get('opts'), /\s/),
  };
}

function listOf(text: string | undefined, by: RegExp): readonly string[] {
  return (text ?? '')
    .split(by)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function parseAdd({ plain, weight, tags, opts }: Parts): Command | Refusal {
  const [service, where, to, ...more] = plain;
  if (service === undefined || where === undefined || to === undefined || more.length > 0) {
    return { refused: 'is not: route add SERVICE SOURCE DESTINATION ...' };
  }
  const scheme = /^([a-z+]+):\/\//.exec(to)?.[1];
  const words = [
    ...(scheme === undefined ? [] : [`proto=${scheme}`]),
    ...(weight === undefined ? [] : [`weight=${weight}`]),
    ...opts,
  ];
  const options = parseOptions(words);
  if (isRefusal(options)) return options;
  const source = parseSource(where, options.proto);
  if (isRefusal(source)) return source;
  if (options.redirect?.to === '') {
    const redirect = { ...options.redirect, to };
    const nowhere = { host: '', port: 0, path: '' };
    return add({ service, tags, source, options: { ...options, redirect }, destination: nowhere });
  }
  const destination = parseDestination(to);
  return isRefusal(destination)
    ? destination
    : add({ service, tags, source, options, destination });
}

function add(facts: Omit<Offer, 'share' | 'from'>): Command {
  return { do: 'add', offer: { ...facts, share: 1, from: 'override' } };
}

const PORT_OF: Readonly<Record<string, number>> = { http: 80, https: 443 };

function parseDestination(text: string): Destination | Refusal {
  const found = /^(?:([a-z+]+):\/\/)?(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?(\/[!-~]*)?$/i.exec(
    text,
  );
  const [, scheme = '', host = '', digits, path = ''] = found ?? [];
  const usual = Object.hasOwn(PORT_OF, scheme) ? PORT_OF[scheme] : undefined;
  const port = digits === undefined ? usual : Number(digits);
  if (host === '' || port === undefined || port === 0 || port > 65_535) {
    return { refused: `"${text}" is no destination` };
  }
  return { host: host.replace(/^\[|\]$/g, ''), port, path: path === '/' ? '' : path };
}

function parseDel({ plain, tags }: Parts): Command | Refusal {
  const [service, where, to, ...more] = plain;
  if (more.length > 0 || (service === undefined && tags.length === 0)) {
    return { refused: 'is not: route del [SERVICE [SOURCE [DESTINATION]]] [tags "..."]' };
  }
  const source = where === undefined ? undefined : selected(where);
  const destination = to === undefined ? undefined : parseDestination(to);
  if (destination !== undefined && isRefusal(destination)) return destination;
  return {
    do: 'del',
    of: {
      tags,
      ...(service === undefined ? {} : { service }),
      ...(source === undefined ? {} : { source }),
      ...(destination === undefined
        ? {}
        : { destination: `${destination.host}:${destination.port}` }),
    },
  };
}

function parseWeight({ plain, weight, tags }: Parts): Command | Refusal {
  const number = Number(weight);
  if (weight === undefined || !Number.isFinite(number)) return { refused: 'has no weight' };
  const [first, second, ...more] = plain;
  if (first === undefined || more.length > 0) {
    return { refused: 'is not: route weight [SERVICE] SOURCE weight W [tags "..."]' };
  }
  const of =
    second === undefined
      ? { source: selected(first), tags }
      : { service: first, source: selected(second), tags };
  return { do: 'weight', of, weight: number < 0 ? undefined : number };
}

/** A source as the table has it: the host in lower case, a host alone with its slash. */
function selected(text: string): string {
  if (text.startsWith(':')) return text;
  const slash = text.indexOf('/');
  const source: RuleSource = {
    host: (slash < 0 ? text : text.slice(0, slash)).toLowerCase(),
    path: slash < 0 ? '/' : text.slice(slash),
    port: 0,
  };
  return sourceText(source);
}
