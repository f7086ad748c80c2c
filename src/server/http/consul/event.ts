/**
 * Events that people fire.
 *
 * The index of an answer is not the log's: it is made from the last event's id, as Consul's is, as
 * its clients find by it the first event that they have not seen.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/event
 */
import { USER_EVENT } from '../../../api/consul/event-routes.ts';
import * as routes from '../../../api/consul/event-routes.ts';
import { CONSUL_HEADERS } from '../../../api/consul/common-query.ts';
import { decodeQuery, parseQuery } from '../../../api/query.ts';
import { isIssues, renderIssues } from '../../../api/codec/issue.ts';
import type { Index } from '../../../base/brand.ts';
import { parseDuration } from '../../../base/duration.ts';
import { Failure } from '../../../base/failure.ts';
import { writeJson } from '../../../base/json.ts';
import { BLOCKING_WAIT_MS, BLOCKING_WAIT_MS_MAX } from '../../../core/limits.ts';
import { EVENT_PAYLOAD_BYTES_MAX, EVENT_TEXT_MAX } from '../../../core/limits.ts';
import type { UserEvent, UserEventFacts } from '../../../core/model/user-event.ts';
import { compileRegex } from '../../../core/regex/search.ts';
import { hears } from '../../../core/remote-exec/hears.ts';
import { readUserEvents } from '../../../core/state/reads-kv.ts';
import type { HttpReply, HttpRequest } from '../../../ports/http.ts';
import { invalid } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { askedAgentOf } from './asked-agent.ts';
import { bind, toldHeaders } from './bind.ts';
import type { ConsulDeps } from './deps.ts';

/** Binds what concerns events. */
export function eventHandlers(deps: ConsulDeps): readonly Bound[] {
  return [
    bind(routes.fireEvent, async ({ params, query, body }) => {
      if (body.length > EVENT_PAYLOAD_BYTES_MAX) {
        const why = `payload: expected at most ${EVENT_PAYLOAD_BYTES_MAX} bytes, got ${body.length}`;
        throw new Failure('exhausted', why, { facts: { status: 413 } });
      }
      if (params.name.length > EVENT_TEXT_MAX) throw invalid('name: is too long');
      const event: UserEventFacts = {
        id: deps.newId(),
        name: params.name,
        payload: Buffer.from(body).toString('base64'),
        nodeFilter: pattern('node', query.node),
        serviceFilter: pattern('service', query.service),
        tagFilter: pattern('tag', query.tag),
      };
      if (event.tagFilter !== '' && event.serviceFilter === '') {
        throw invalid('Cannot provide tag filter without service filter.');
      }
      return { value: await deps.ops.kv.fireEvent(event) };
    }),
    {
      route: routes.listEvents,
      mounts: [{ method: 'GET', path: routes.listEvents.path, handle: (each) => list(deps, each) }],
    },
  ];
}

/** The events that this agent hears, oldest first; waits for another while the last is known. */
async function list(deps: ConsulDeps, request: HttpRequest): Promise<HttpReply> {
  const raw = parseQuery(request.query);
  const query = decodeQuery(routes.listEvents.query, raw);
  if (isIssues(query)) throw invalid(renderIssues(query));
  const known = raw.get('index') ?? '';
  if (!/^\d{0,20}$/.test(known)) throw invalid('Invalid index');
  const until = deps.clock.elapsedMs() + waitMs(raw.get('wait'));
  const { node } = askedAgentOf(deps, request.asked);
  let after: Index | undefined;
  for (;;) {
    const leftMs = until - deps.clock.elapsedMs();
    const waiting = after === undefined ? {} : { after, waitMs: Math.max(1, leftMs) };
    const answer = await deps.ops.query(readUserEvents(), waiting, request.signal);
    const events = heard(deps, answer.value, { name: query.name, node });
    const index = indexOf(events);
    if (index !== known || leftMs <= 0) {
      const headers = {
        ...toldHeaders(answer, 'default'),
        [CONSUL_HEADERS.index]: index,
        'Content-Type': 'application/json',
      };
      const json = events.map((each) => USER_EVENT.encode(each, 'full'));
      const indent = raw.has('pretty') && raw.get('pretty') !== 'false' ? 4 : 0;
      return { status: 200, headers, body: writeJson(json, indent) };
    }
    after = answer.index;
  }
}

function waitMs(asked: string | undefined): number {
  if (asked === undefined || asked === '') return BLOCKING_WAIT_MS;
  const ms = parseDuration(asked);
  if (ms === undefined) throw invalid('Invalid wait time');
  return Math.min(ms <= 0 ? BLOCKING_WAIT_MS : ms, BLOCKING_WAIT_MS_MAX);
}

/** Of the last event's id, its two halves laid over each other; 1 where there is none. */
function indexOf(events: readonly UserEvent[]): string {
  const hex = events.at(-1)?.id.replaceAll('-', '') ?? '';
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) return '1';
  return (BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`)).toString();
}

function heard(
  { ops }: ConsulDeps,
  events: readonly UserEvent[],
  { name, node }: { readonly name: string | undefined; readonly node: string },
): readonly UserEvent[] {
  const hearer = {
    node,
    services: [...ops.snapshot().servicesOnNode(node)],
  };
  const isNamed = (event: UserEvent): boolean =>
    name === undefined || name === '' || event.name === name;
  return events.filter((event) => isNamed(event) && hears(event, hearer));
}

function pattern(name: string, expression = ''): string {
  const regex = compileRegex(expression);
  if ('problem' in regex) throw invalid(`?${name}: ${regex.problem}`);
  if (expression.length > EVENT_TEXT_MAX) throw invalid(`?${name}: is too long`);
  return expression;
}
