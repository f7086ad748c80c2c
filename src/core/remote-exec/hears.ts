/** Whom an event is meant for. */
import type { ServiceInstance } from '../model/catalog.ts';
import type { UserEventFacts } from '../model/user-event.ts';
import { compileRegex, testRegex } from '../regex/search.ts';

/** A node as an event's filters see it. */
export interface Hearer {
  readonly node: string;
  readonly services: Iterable<Pick<ServiceInstance, 'name' | 'tags'>>;
}

/**
 * Whether a node is meant: its name matches, and one of its services does by name and by tag.
 * A pattern that is none matches nothing.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/event
 */
export function hears(
  event: Pick<UserEventFacts, 'nodeFilter' | 'serviceFilter' | 'tagFilter'>,
  hearer: Hearer,
): boolean {
  if (!matches(event.nodeFilter, hearer.node)) return false;
  if (event.serviceFilter === '') return true;
  for (const { name, tags } of hearer.services) {
    if (!matches(event.serviceFilter, name)) continue;
    if (event.tagFilter === '' || tags.some((tag) => matches(event.tagFilter, tag))) return true;
  }
  return false;
}

function matches(pattern: string, text: string): boolean {
  if (pattern === '') return true;
  const regex = compileRegex(pattern);
  return !('problem' in regex) && testRegex(regex, text) === true;
}
