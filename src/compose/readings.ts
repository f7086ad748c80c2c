/** Which figures of the roles are told to Prometheus, under the names Nomad's dashboards know. */
import type { Reading } from '../agent/metrics.ts';
import type { Log } from '../ports/log.ts';
import type { ServerStats } from '../server/operations.ts';

/** @param log what the server reads and writes */
export function serverReadings(
  stats: ServerStats,
  log: Pick<Log<never, unknown>, 'firstIndex' | 'lastIndex'>,
): readonly Reading[] {
  const { broker } = stats;
  const rows = Object.entries(stats.rows).map(([table, count]): Reading => ({
    name: 'muster.state.rows',
    help: 'Rows of the state, by table.',
    read: () => count,
    labels: { table },
  }));
  return [
    {
      name: 'nomad.nomad.broker.total_ready',
      help: 'Evaluations that wait for a scheduler.',
      read: () => broker.ready,
    },
    {
      name: 'nomad.nomad.broker.total_unacked',
      help: 'Evaluations being decided.',
      read: () => broker.unacked,
    },
    {
      name: 'nomad.nomad.broker.total_waiting',
      help: 'Evaluations put off to a later time.',
      read: () => broker.waiting,
    },
    {
      name: 'nomad.nomad.blocked_evals.total_blocked',
      help: 'Evaluations that wait for room.',
      read: () => broker.blocked,
    },
    {
      name: 'nomad.raft.lastIndex',
      help: 'Index of the newest entry of the log.',
      read: () => stats.index,
    },
    {
      name: 'muster.log.entries',
      help: 'Entries that the log holds; it grows while a majority of the servers has not kept them.',
      read: () => log.lastIndex + 1 - log.firstIndex,
    },
    {
      name: 'muster.server.leading',
      help: '1 while this server decides.',
      read: () => (stats.leading ? 1 : 0),
    },
    {
      name: 'muster.server.decided_evals',
      help: 'Evaluations that this server decided, for itself or for the leader.',
      read: () => stats.decided,
    },
    {
      name: 'muster.server.parked_queries',
      help: 'Blocking queries that wait.',
      read: () => stats.parkedQueries,
    },
    ...rows,
  ];
}
