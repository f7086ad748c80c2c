/**
 * Prepared queries that found nothing in this region, carried on where they name others.
 *
 * QF1: datacenters are asked one after the other, in the query's order; one that cannot be asked is
 *      as one that has nothing. What is found there is judged by the query's own terms, here.
 */
import { decodeFull } from '../api/codec/codec.ts';
import { isIssues, renderIssues } from '../api/codec/issue.ts';
import { listOf } from '../api/codec/fields.ts';
import { HEALTH_ENTRY } from '../api/consul/health-codec.ts';
import { serviceHealth } from '../api/consul/health-routes.ts';
import { Bug } from '../base/assert.ts';
import { explain, Failure } from '../base/failure.ts';
import { readJson } from '../base/json.ts';
import { FORWARD_BODY_BYTES_MAX } from '../core/limits.ts';
import type { QueryService } from '../core/model/prepared-query.ts';
import type { InstanceHealth } from '../core/state/reads-health.ts';
import { readWanted, wantedBy, type QueryReading } from '../core/state/reads-queries.ts';
import type { StateReader } from '../core/state/snapshot.ts';
import type { HttpReply } from '../ports/http.ts';
import type { Caller } from './caller.ts';
import { HttpForwarder } from './http-forward.ts';
import type { Regions } from './regions.ts';

export interface QueryFailoverDeps {
  readonly state: () => StateReader;
  readonly regions: Pick<Regions, 'regionWith' | 'caller'>;
  readonly note: (line: string) => void;
}

export class QueryFailover {
  readonly #deps: QueryFailoverDeps;

  constructor(deps: QueryFailoverDeps) {
    this.#deps = deps;
  }

  /** What the query finds in the datacenters that it has not tried; the same where in none. */
  async resume(reading: QueryReading, signal: AbortSignal): Promise<QueryReading> {
    let { failovers } = reading;
    const { untried = [], ...tried } = reading;
    for (const datacenter of untried) {
      failovers += 1;
      const instances = await this.#find(reading.query.service, datacenter, signal);
      if (instances.length > 0) return { ...tried, instances, datacenter, failovers };
    }
    return { ...tried, failovers };
  }

  async #find(
    service: QueryService,
    datacenter: string,
    signal: AbortSignal,
  ): Promise<readonly InstanceHealth[]> {
    const { state, regions, note } = this.#deps;
    const region = regions.regionWith(datacenter);
    const caller = region === undefined ? undefined : regions.caller(region);
    if (caller === undefined) return readWanted(service, datacenter)(state()).value;
    try {
      return wantedBy(service, await askHealth(caller, service.service, datacenter, signal));
    } catch (error) {
      if (error instanceof Bug || signal.aborted) throw error;
      note(`cannot ask for "${service.service}" in "${datacenter}": ${explain(error)}`);
      return [];
    }
  }
}

/** All instances of a service there. Fails: as the caller; `internal` the answer is none. */
async function askHealth(
  caller: Caller,
  service: string,
  datacenter: string,
  signal: AbortSignal,
): Promise<readonly InstanceHealth[]> {
  const { path: pattern, method } = serviceHealth;
  const never = (): never => {
    throw new Failure('internal', 'is answered in another region');
  };
  const reply = await new HttpForwarder(caller, 'discovery').handle(
    { method, path: pattern, handle: never },
    {
      ...{ method, params: { service }, headers: {}, remoteAddress: '', signal },
      path: pattern.replace(':service', encodeURIComponent(service)),
      query: `dc=${encodeURIComponent(datacenter)}`,
      body: () => Promise.resolve(new Uint8Array()),
    },
  );
  const text = await wholeText(reply);
  if (reply.status !== 200) throw new Failure('unavailable', `${reply.status}: ${text}`);
  const rows = decodeFull(ENTRIES, readJson(text));
  if (isIssues(rows))
    throw new Failure('internal', `the answer makes no sense: ${renderIssues(rows)}`);
  return rows;
}

const ENTRIES = listOf(HEALTH_ENTRY);

async function wholeText({ body }: HttpReply): Promise<string> {
  if (typeof body === 'string') return body;
  const decoder = new TextDecoder();
  if (body instanceof Uint8Array) return decoder.decode(body);
  let text = '';
  for await (const piece of body) {
    text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    if (text.length > FORWARD_BODY_BYTES_MAX)
      throw new Failure('exhausted', 'the answer is too long');
  }
  return text;
}
