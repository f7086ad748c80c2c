/** Finding things by the beginning of their id, or by a part of their name. */
import * as routes from '../../api/nomad/cluster-routes.ts';
import type { FuzzyAnswer, FuzzyMatch, SearchAnswer } from '../../api/nomad/cluster-routes.ts';
import type { Namespace } from '../../core/model/ids.ts';
import type { Job } from '../../core/model/job.ts';
import type { Task } from '../../core/model/task.ts';
import { readSearch, SEARCH_KINDS, type SearchKind } from '../../core/state/reads.ts';
import type { StateReader } from '../../core/state/snapshot.ts';
import type { HttpDeps } from './deps.ts';
import { invalid } from './fail.ts';
import { bind, type Bound } from './mount.ts';

/** Matches of one kind. Source: Nomad answers twenty. */
const MATCHES_MAX = 20;
/** Shorter texts match nearly everything. Source: Nomad's default `min_term_length`. */
const FUZZY_CHARS_MIN = 2;
/** Kinds that clients may ask for and that never match here. */
const EMPTY_KINDS = ['plugins', 'volumes', 'namespaces', 'scaling_policy', 'node_pools', 'vars'];

/** Binds the two searches. */
export function searchHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.search, ({ body, listed }) => {
      const state = ops.snapshot();
      const kinds = kindsOf(body.context);
      const value = searchAll(state, kinds, body.prefix, listed);
      return Promise.resolve({ value, index: state.index });
    }),
    bind(routes.fuzzySearch, ({ body, listed }) => {
      if (body.text.length < FUZZY_CHARS_MIN) {
        throw invalid(`fuzzy search query must be at least ${FUZZY_CHARS_MIN} characters`);
      }
      const state = ops.snapshot();
      const value = fuzzyAll(state, kindsOf(body.context), body.text, listed);
      return Promise.resolve({ value, index: state.index });
    }),
  ];
}

function kindsOf(context: string): readonly string[] {
  if (context === '' || context === 'all') return SEARCH_KINDS;
  const known = [
    ...SEARCH_KINDS,
    ...EMPTY_KINDS,
    'groups',
    'tasks',
    'services',
    'images',
    'commands',
    'classes',
  ];
  if (!known.includes(context)) throw invalid(`context must be one of ${known.join(', ')}, or all`);
  return [context];
}

function searchAll(
  state: StateReader,
  kinds: readonly string[],
  prefix: string,
  namespace: Namespace | undefined,
): SearchAnswer {
  const matches: [string, readonly string[]][] = [];
  const truncations: [string, boolean][] = [];
  const scope = { limit: MATCHES_MAX, ...(namespace === undefined ? {} : { namespace }) };
  for (const kind of kinds) {
    const searched = SEARCH_KINDS.includes(kind as SearchKind);
    const found = searched
      ? readSearch(kind as SearchKind, prefix, scope)(state).value
      : { ids: [], truncated: false };
    matches.push([kind, found.ids]);
    truncations.push([kind, found.truncated]);
  }
  return { matches: Object.fromEntries(matches), truncations: Object.fromEntries(truncations) };
}

type Found = readonly [kind: string, match: FuzzyMatch];

function fuzzyAll(
  state: StateReader,
  kinds: readonly string[],
  text: string,
  namespace: Namespace | undefined,
): FuzzyAnswer {
  const wanted = text.toLowerCase();
  const all = kinds === SEARCH_KINDS;
  const matches = new Map<string, FuzzyMatch[]>();
  const truncated = new Set<string>();
  for (const [kind, match] of candidates(state, namespace)) {
    const asked = all || kinds.includes(kind) || (kinds.includes('jobs') && PARTS.has(kind));
    if (!asked || !match.id.toLowerCase().includes(wanted)) continue;
    const list = matches.get(kind) ?? [];
    if (list.length < MATCHES_MAX) matches.set(kind, [...list, match]);
    else truncated.add(kind);
  }
  const names = [...matches.keys()];
  return {
    matches: Object.fromEntries(matches),
    truncations: Object.fromEntries(names.map((kind) => [kind, truncated.has(kind)])),
  };
}

/** What is found inside jobs. */
const PARTS = new Set(['groups', 'tasks', 'services', 'images', 'commands', 'classes']);

function* candidates(state: StateReader, namespace: Namespace | undefined): Iterable<Found> {
  for (const job of state.jobs(namespace)) {
    yield ['jobs', { id: job.name, scope: [job.namespace, job.id] }];
    yield* partsOf(job);
  }
  for (const node of state.nodes()) yield ['nodes', { id: node.name, scope: [node.id] }];
  for (const alloc of state.allocs()) {
    if (namespace !== undefined && alloc.namespace !== namespace) continue;
    yield ['allocs', { id: alloc.name, scope: [alloc.namespace, alloc.id] }];
  }
}

function* partsOf(job: Job): Iterable<Found> {
  const own = [job.namespace, job.id];
  for (const group of job.groups) {
    yield ['groups', { id: group.name, scope: own }];
    const inGroup = [...own, group.name];
    for (const service of group.services) yield ['services', { id: service.name, scope: inGroup }];
    for (const task of group.tasks) {
      yield ['tasks', { id: task.name, scope: inGroup }];
      yield* partsOfTask(task, [...inGroup, task.name]);
    }
  }
}

const CONFIG_KINDS = [
  ['images', 'image'],
  ['commands', 'command'],
  ['classes', 'class'],
] as const;

function* partsOfTask(task: Task, scope: readonly string[]): Iterable<Found> {
  for (const [kind, key] of CONFIG_KINDS) {
    const value = task.config[key];
    if (typeof value === 'string') yield [kind, { id: value, scope }];
  }
  for (const service of task.services) yield ['services', { id: service.name, scope }];
}
