/** Parameters of lists. */
import { queryFlag, queryInt, queryText } from '../query.ts';

export const LIST_QUERY = {
  prefix: queryText('prefix', 'only ids that begin so'),
  filter: queryText('filter', 'only what this expression is true for: `Status == "running"`'),
  perPage: queryInt('per_page', 'at most so many'),
  nextToken: queryText('next_token', 'where the last page ended'),
  reverse: queryFlag('reverse', 'the other way round'),
} as const;
