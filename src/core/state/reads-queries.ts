/**
 * What prepared queries lead to and find; see `reads.ts` for what holds of every read.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/query
 */
import { folded } from '../model/catalog.ts';
import type { HealthCheck } from '../model/health-check.ts';
import type { PreparedQuery, QueryService } from '../model/prepared-query.ts';
import { fillTemplate } from '../prepared-query/template.ts';
import { byDistance, datacentersOf, hasMeta } from './reads-catalog.ts';
import { readServiceHealth } from './reads-health.ts';
import type { InstanceHealth } from './reads-health.ts';
import type { Read, Reading } from './reads.ts';
import type { StateReader } from './snapshot.ts';
import { watch } from './watch.ts';
import type { WatchKey } from './watch.ts';

export function readQueries(): Read<readonly PreparedQuery[]> {
  return (state) => ({
    value: [...state.preparedQueries()],
    keys: [watch.table('preparedQueries')],
  });
}

export function readQuery(id: string): Read<PreparedQuery | undefined> {
  return (state) => ({ value: state.preparedQuery(id), keys: [watch.preparedQuery(id)] });
}

/** The query that an id or name leads to, its template filled in; absent: there is none. */
export function readExplained(idOrName: string): Read<PreparedQuery | undefined> {
  return (state) => ({
    value: resolveQuery(state, idOrName),
    keys: [watch.table('preparedQueries')],
  });
}

/** How a query is carried out. */
export interface Execution {
  /** The datacenter that is asked first. */
  readonly datacenter: string;
  /** Name of the node whose agent is asked. */
  readonly agentNode: string;
  /** Instead of the query's own; empty: the query's own. */
  readonly near: string;
  /** All datacenters, nearest first, those of other regions too; absent: the state's, by name. */
  readonly datacenters?: () => readonly string[];
}

/** What a query found. */
export interface QueryReading {
  readonly query: PreparedQuery;
  readonly instances: readonly InstanceHealth[];
  /** Nearest first; false: in no order, to be shuffled. */
  readonly ordered: boolean;
  readonly datacenter: string;
  /** Datacenters that were asked in vain before. */
  readonly failovers: number;
  /** Those still to be asked, in order; the first is another region's. Absent: none. */
  readonly untried?: readonly string[];
}

/** Carries out a query; absent: there is none by that id or name. */
export function readExecution(
  idOrName: string,
  execution: Execution,
): Read<QueryReading | undefined> {
  return (state) => {
    const query = resolveQuery(state, idOrName);
    const keys: WatchKey[] = [watch.table('preparedQueries')];
    if (query === undefined) return { value: undefined, keys };
    const own = failsOver(query) ? datacentersOf(state) : NO_DATACENTERS;
    const others = failsOver(query) ? failovers(query, own, execution) : [];
    const datacenters = [execution.datacenter, ...others];
    for (const [asked, datacenter] of datacenters.entries()) {
      if (asked > 0 && !own.has(datacenter)) {
        const sofar = { query, instances: [], ordered: false, datacenter: execution.datacenter };
        const untried = datacenters.slice(asked);
        return { value: { ...sofar, failovers: asked - 1, untried }, keys };
      }
      const found = find(state, query.service, datacenter);
      keys.push(...found.keys);
      const isLast = asked === datacenters.length - 1;
      if (found.value.length === 0 && !isLast) continue;
      // Nowhere: the answer is of where it was asked.
      const answered = found.value.length === 0 ? execution.datacenter : datacenter;
      const { instances, ordered } = inOrder(state, found.value, query.service, execution);
      const value = { query, instances, ordered, datacenter: answered, failovers: asked };
      return { value, keys };
    }
    return { value: undefined, keys };
  };
}

/** By id, by whole name, or by the template with the longest name that this one begins with. */
function resolveQuery(state: StateReader, idOrName: string): PreparedQuery | undefined {
  const exact = state.preparedQuery(idOrName) ?? state.preparedQueryNamed(idOrName);
  if (exact !== undefined && exact.template === undefined) return exact;
  const name = folded(idOrName);
  let best: PreparedQuery | undefined;
  for (const each of state.queryTemplates()) {
    const isLonger = best === undefined || each.name.length > best.name.length;
    if (isLonger && name.startsWith(folded(each.name))) best = each;
  }
  return best && fillTemplate(best, idOrName);
}

/** Only then it matters which datacenters there are. */
function failsOver({ service: { failover } }: PreparedQuery): boolean {
  return failover.nearestN > 0 || failover.datacenters.length > 0;
}

const NO_DATACENTERS: ReadonlySet<string> = new Set();

/** Other datacenters to ask, in order: the nearest few, then those named. */
function failovers(
  { service: { failover } }: PreparedQuery,
  own: ReadonlySet<string>,
  { datacenter, datacenters }: Execution,
): readonly string[] {
  const known = datacenters?.() ?? [...own].sort();
  const others = known.filter((dc) => dc !== datacenter);
  const nearest = others.slice(0, Math.max(0, failover.nearestN));
  const named = failover.datacenters.filter((dc) => others.includes(dc));
  return [...new Set([...nearest, ...named])];
}

function find(
  state: StateReader,
  service: QueryService,
  datacenter: string,
): Reading<readonly InstanceHealth[]> {
  const where = { datacenter, nodeMeta: service.nodeMeta, near: '', tags: [], passing: false };
  const { value, keys } = readServiceHealth(service.service, where)(state);
  return { value: wantedBy(service, value), keys };
}

/** What a query finds in a datacenter, wherever it was defined. */
export function readWanted(
  service: QueryService,
  datacenter: string,
): Read<readonly InstanceHealth[]> {
  return (state) => find(state, service, datacenter);
}

/** Those of a service's instances that a query lets pass. */
export function wantedBy(
  service: QueryService,
  instances: readonly InstanceHealth[],
): readonly InstanceHealth[] {
  const isWanted = tagTest(service.tags);
  return instances.filter(
    (each) =>
      isHealthy(each.checks, service) &&
      hasMeta(each.node.meta, service.nodeMeta) &&
      hasMeta(each.service.meta, service.serviceMeta) &&
      isWanted(each.service.tags),
  );
}

function isHealthy(checks: readonly HealthCheck[], service: QueryService): boolean {
  return checks.every(({ id, status }) => {
    if (service.ignoreCheckIds.includes(id)) return true;
    return status === 'passing' || (status === 'warning' && !service.onlyPassing);
  });
}

/** Tags that it must have, and, with `!` in front, must not. */
function tagTest(wanted: readonly string[]): (tags: readonly string[]) => boolean {
  const folds = wanted.map(folded);
  const unwanted = folds.filter((tag) => tag.startsWith('!')).map((tag) => tag.slice(1));
  const needed = folds.filter((tag) => !tag.startsWith('!'));
  return (tags) => {
    const own = new Set(tags.map(folded));
    return needed.every((tag) => own.has(tag)) && !unwanted.some((tag) => own.has(tag));
  };
}

function inOrder(
  state: StateReader,
  found: readonly InstanceHealth[],
  service: QueryService,
  { near, agentNode }: Execution,
): Pick<QueryReading, 'instances' | 'ordered'> {
  const wanted = near === '' ? service.near : near;
  const from = wanted === '_agent' ? agentNode : wanted;
  if (from === '' || from === '_ip') return { instances: found, ordered: false };
  const sorted = byDistance(state, from, found, ({ node }) => node.name);
  // The node that is asked for is nearest to itself, whatever its coordinate says.
  const isOwn = ({ node }: InstanceHealth): boolean => folded(node.name) === folded(from);
  return {
    instances: [...sorted.filter(isOwn), ...sorted.filter((each) => !isOwn(each))],
    ordered: sorted !== found || found.some(isOwn),
  };
}
