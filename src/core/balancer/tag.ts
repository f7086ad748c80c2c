/** Routes as services ask for them: `urlprefix-host/path strip=/x`, one in a tag. */
import { isRefusal, parseOptions, parseSource, type Refusal } from './options.ts';
import type { RuleOptions, RuleSource } from './rule.ts';

export interface TagRoute {
  readonly source: RuleSource;
  readonly options: RuleOptions;
}

/** Longest tag that is looked at [characters]. Options for one route need some hundred. */
const TAG_CHARS_MAX = 4_096;

/**
 * Reads a tag; undefined where it is not meant for the balancer.
 *
 * @param prefix `urlprefix-`
 */
export function parseTag(tag: string, prefix: string): TagRoute | Refusal | undefined {
  const text = tag.trimStart();
  if (!text.startsWith(prefix)) return undefined;
  if (tag.length > TAG_CHARS_MAX) return { refused: `is longer than ${TAG_CHARS_MAX} characters` };
  const [where = '', ...words] = text.slice(prefix.length).trim().split(/\s+/);
  const options = parseOptions(words);
  if (isRefusal(options)) return options;
  if (options.redirect?.to === '') return { refused: 'redirect needs an address to go to' };
  const source = parseSource(where, options.proto);
  return isRefusal(source) ? source : { source, options };
}
