/** Offers for tests. */
import { isRefusal } from './options.ts';
import type { Offer } from './rule.ts';
import { parseTag } from './tag.ts';

/** An offer as a tag makes it: `offer('/x strip=/x', 'web', 8001)`. */
export function offer(text: string, service = 'web', port = 8_001, tags: string[] = []): Offer {
  const route = parseTag(`urlprefix-${text}`, 'urlprefix-');
  if (route === undefined || isRefusal(route)) throw new Error(`no route: ${text}`);
  return {
    service,
    ...route,
    destination: { host: '10.0.0.1', port, path: '' },
    tags,
    share: 1,
    from: `${service}-${port}`,
  };
}
