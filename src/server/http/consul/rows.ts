/** What lists of rows have in common: which ones, in which order. */
import type { Codec } from '../../../api/codec/codec.ts';
import type { ROWS_QUERY } from '../../../api/consul/rows-query.ts';
import { filterBy } from '../../../api/filter.ts';
import type { QueryOf } from '../../../api/query.ts';
import type { RowsWhere } from '../../../core/state/reads-catalog.ts';
import { invalid } from '../fail.ts';
import { askedAgentOf } from './asked-agent.ts';
import type { ConsulCommon } from './bind.ts';
import type { ConsulDeps } from './deps.ts';

interface Asked extends Pick<ConsulCommon, 'datacenter' | 'asked'> {
  readonly query: QueryOf<Pick<typeof ROWS_QUERY, 'near' | 'nodeMeta'>>;
}

/** Which rows a request asks for. */
export function whereOf(deps: ConsulDeps, { query, datacenter, asked }: Asked): RowsWhere {
  const own = askedAgentOf(deps, asked);
  const near = query.near ?? '';
  return {
    datacenter: datacenter ?? own.datacenter,
    nodeMeta: Object.fromEntries((query.nodeMeta ?? []).map(keyAndValue)),
    near: near === '_agent' ? own.node : near,
  };
}

function keyAndValue(pair: string): readonly [string, string] {
  const colon = pair.indexOf(':');
  return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
}

/** Keeps what an expression over the rows' wire form is true for. Fails: `invalid`. */
export function filtered<Row>(
  rows: readonly Row[],
  codec: Codec<Row>,
  expression: string | undefined,
): readonly Row[] {
  if (expression === undefined || expression.trim() === '') return rows;
  const filter = filterBy(expression);
  if ('mistake' in filter) {
    throw invalid(`Failed to create boolean expression evaluator: ${filter.mistake}`);
  }
  return rows.filter((row) => filter.test(codec.encode(row, 'full')));
}
