/**
 * Templates of prepared queries: `${name.full}`, `${name.prefix}`, `${name.suffix}`, `${match(N)}`,
 * `${agent.segment}` in any text of the query's service; `$${` is a plain `${`.
 *
 * T1: what `templateProblem` lets pass can be filled in for every name.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/query#prepared-query-templates
 */
import type { PreparedQuery, PreparedQueryFacts, QueryService } from '../model/prepared-query.ts';
import { compileRegex, searchRegex } from '../regex/search.ts';

const HOLE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAMES = ['name.full', 'name.prefix', 'name.suffix', 'agent.segment'];
const MATCH = /^match\(\s*(\d{1,3})\s*\)$/;

/** What is wrong with a query's template; undefined: nothing, or it has none. */
export function templateProblem({
  template,
  service,
}: Pick<PreparedQueryFacts, 'template' | 'service'>): string | undefined {
  if (template === undefined) return undefined;
  if ((template.type as string) !== 'name_prefix_match') {
    return `bad Template.Type "${template.type}"`;
  }
  const regex = compileRegex(template.regexp);
  if ('problem' in regex) return `bad Template.Regexp: ${regex.problem}`;
  return textsOf(service)
    .map(textProblem)
    .find((problem) => problem !== undefined);
}

function textProblem(text: string): string | undefined {
  for (const [whole, inside, end] of text.matchAll(HOLE)) {
    if (inside === undefined) continue;
    if (end === '') return `"${text}": "${whole}" is not closed`;
    const name = inside.trim();
    if (!NAMES.includes(name) && !MATCH.test(name)) return `"${text}": unknown "${name}"`;
  }
  return undefined;
}

/** The query that a template stands for, for a name that begins with its own. */
export function fillTemplate(query: PreparedQuery, name: string): PreparedQuery {
  const { template } = query;
  if (template === undefined) return query;
  const groups = template.regexp === '' ? [] : matched(template.regexp, name);
  const values: Readonly<Record<string, string>> = {
    'name.full': name,
    'name.prefix': name.slice(0, query.name.length),
    'name.suffix': name.slice(query.name.length),
    'agent.segment': '',
  };
  const fill = (text: string): string =>
    text.replace(HOLE, (whole: string, inside: string | undefined) => {
      if (inside === undefined) return whole.slice(1);
      const group = MATCH.exec(inside.trim())?.[1];
      return group === undefined ? (values[inside.trim()] ?? '') : (groups[Number(group)] ?? '');
    });
  return { ...query, service: filled(query.service, fill, template.removeEmptyTags) };
}

/** The whole match, then its groups; none where the pattern is not found. */
function matched(pattern: string, name: string): readonly string[] {
  const regex = compileRegex(pattern);
  if ('problem' in regex) return [];
  const match = searchRegex(regex, name, 0);
  if (match === undefined || 'problem' in match) return [];
  const whole = name.slice(match.start, match.end);
  return [whole, ...match.groups.map((at) => (at === undefined ? '' : name.slice(...at)))];
}

function filled(
  service: QueryService,
  fill: (text: string) => string,
  removeEmptyTags: boolean,
): QueryService {
  const tags = service.tags.map(fill);
  const { datacenters } = service.failover;
  return {
    ...service,
    service: fill(service.service),
    failover: { ...service.failover, datacenters: datacenters.map(fill) },
    ignoreCheckIds: service.ignoreCheckIds.map(fill),
    near: fill(service.near),
    tags: removeEmptyTags ? tags.filter((tag) => tag !== '') : tags,
    nodeMeta: filledMap(service.nodeMeta, fill),
    serviceMeta: filledMap(service.serviceMeta, fill),
  };
}

function filledMap(
  map: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, fill(value)]));
}

function textsOf(service: QueryService): readonly string[] {
  return [
    service.service,
    service.near,
    ...service.failover.datacenters,
    ...service.ignoreCheckIds,
    ...service.tags,
    ...Object.values(service.nodeMeta),
    ...Object.values(service.serviceMeta),
  ];
}
