/** Parameters of lists of rows. */
import { queryText, queryTexts } from '../query.ts';

export const FILTER = {
  filter: queryText('filter', 'only what this expression is true for: `Node == "n1"`'),
} as const;

export const ROWS_QUERY = {
  near: queryText('near', 'nearest to this node first; `_agent`: to the one that is asked'),
  nodeMeta: queryTexts('node-meta', '`key:value`: only on nodes with it; may be repeated'),
  ...FILTER,
} as const;
