/** HTTP checks: one request, its redirects followed, its answer bounded. */
import { STATUS_CODES } from 'node:http';
import { Agent, interceptors, request, type Dispatcher } from 'undici';
import { dialReason, requestReason, REQUEST_TIMEOUT, urlToAsk } from '../../core/checks/reason.ts';
import { failedVerdict, httpVerdict } from '../../core/checks/verdict.ts';
import type { HttpProbe } from '../../core/model/health-check.ts';
import type { ProbeLimits, ProbeResult } from '../../ports/check-probes.ts';
import { reasonOf, startDeadline, type Deadline } from './deadline.ts';
import { Tail } from './tail.ts';

/** As many as Go's client follows. */
const REDIRECTS_MAX = 10;
/** Bytes read of an answer; what comes later is not waited for. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Clients kept for the several ways of verifying a certificate. */
const DISPATCHERS_MAX = 64;

export class HttpChecks {
  readonly #userAgent: string;
  readonly #dispatchers = new Map<string, Agent>();

  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  async run(probe: HttpProbe, limits: ProbeLimits, signal: AbortSignal): Promise<ProbeResult> {
    const deadline = startDeadline(limits.timeoutMs, signal);
    const method = probe.method === '' ? 'GET' : probe.method.toUpperCase();
    try {
      const response = await request(urlToAsk(probe.url), {
        method,
        headers: this.#headers(probe),
        body: probe.body === '' ? null : probe.body,
        dispatcher: this.#dispatcher(probe),
        signal: deadline.signal,
      });
      const body = await readTail(response.body, limits.outputMaxBytes);
      const { statusCode: status } = response;
      const reason = STATUS_CODES[status] ?? '';
      return httpVerdict({ method, url: probe.url }, { status, reason, body });
    } catch (error) {
      return failedVerdict(requestReason(method, probe.url, whyNot(error, probe.url, deadline)));
    } finally {
      deadline.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#dispatchers.values()].map((each) => each.destroy()));
    this.#dispatchers.clear();
  }

  #headers(probe: HttpProbe): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {
      'user-agent': this.#userAgent,
      accept: 'text/plain, text/*, */*',
    };
    for (const [name, values] of Object.entries(probe.header)) {
      headers[name.toLowerCase()] = values.length === 1 ? (values[0] ?? '') : [...values];
    }
    return headers;
  }

  #dispatcher(probe: HttpProbe): Dispatcher {
    const agent = this.#agent(probe);
    return probe.disableRedirects
      ? agent
      : agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS_MAX }));
  }

  /** No connection is kept: a check is to find out whether one can be made. */
  #agent({ tls }: HttpProbe): Agent {
    const key = `${tls.skipVerify} ${tls.serverName}`;
    const known = this.#dispatchers.get(key);
    if (known !== undefined) return known;
    const made = new Agent({
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        // The deadline's signal ends it first.
        timeout: 0,
        rejectUnauthorized: !tls.skipVerify,
        ...(tls.serverName === '' ? {} : { servername: tls.serverName }),
      },
    });
    const [oldest] = this.#dispatchers;
    if (this.#dispatchers.size >= DISPATCHERS_MAX && oldest !== undefined) {
      this.#dispatchers.delete(oldest[0]);
      oldest[1].close().catch(() => undefined);
    }
    this.#dispatchers.set(key, made);
    return made;
  }
}

async function readTail(
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
  max: number,
): Promise<string> {
  const tail = new Tail(max);
  try {
    for await (const piece of body) {
      tail.add(piece);
      if (tail.total >= BODY_BYTES_MAX) break;
    }
  } catch {
    // The status came: a body that breaks off does not change what it says.
  }
  body.destroy();
  return tail.raw();
}

function whyNot(error: unknown, url: string, deadline: Deadline): string {
  if (deadline.isOver()) return REQUEST_TIMEOUT;
  const reason = reasonOf(error);
  if (reason.code === '' || reason.code.startsWith('UND_')) return reason.message;
  return dialReason('tcp', addressOf(url), reason);
}

function addressOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}
