/** A log in memory whose only server leads, and the replica of what is in it. */
import type { Index } from '../src/base/brand.ts';
import { seeded } from '../src/base/random.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { Outcome } from '../src/core/state/outcome.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import { Replica } from '../src/server/replica.ts';
import { SimLogCell, type SimLog } from '../src/sim/log.ts';

export interface LeadingReplica {
  readonly replica: Replica;
  readonly log: SimLog<Entry, Outcome>;
}

export function leadingReplica(): LeadingReplica {
  const cell = new SimLogCell<Entry>({ codec: entryCodec<Entry>(), random: seeded('log') });
  const replica = new Replica();
  const log = cell.member<Outcome>(replica.apply, 0 as Index);
  cell.elect(log);
  return { replica, log };
}
