/** The routing table alone: 10,000 routes built, and found. */
import type { Offer } from '../src/core/balancer/rule.ts';
import { DEFAULT_OPTIONS } from '../src/core/balancer/rule.ts';
import { buildTable, lookup } from '../src/core/balancer/table.ts';
import { measure, perSecond, report, timed } from './harness.ts';

const ROUTES = 10_000;

const offers: Offer[] = Array.from({ length: ROUTES }, (_, i) => ({
  service: `s${i}`,
  source: { host: i % 2 === 0 ? '' : `h${i % 100}.com`, path: `/service/${i}/`, port: 0 },
  destination: { host: '10.0.0.1', port: 20_000 + (i % 10_000), path: '' },
  tags: [],
  options: DEFAULT_OPTIONS,
  share: 1,
  from: `s${i}`,
}));
let table = buildTable([]);
const built = await measure(() => timed(() => (table = buildTable(offers))));
report({ name: 'balancer.table.build', value: built.median, unit: 'ms', better: 'lower' });

// Texts of their own each time, as requests bring them.
const asked = offers.map(({ source }, i) => ({
  host: `h${i % 100}.com`,
  path: Buffer.from(`${source.path}x/y`),
}));
let found = 0;
const seek = (): void => {
  for (const { host, path } of asked) {
    if (lookup(table, host, path.toString('latin1')) !== undefined) found += 1;
  }
};
const rate = await measure(() => perSecond(ROUTES, seek), { runs: 15, warmUp: 5 });
if (found !== ROUTES * 20) throw new Error(`${found} of ${ROUTES * 20} were found`);
report({ name: 'balancer.table.lookup', value: rate.median, unit: 'lookups/s', better: 'higher' });
