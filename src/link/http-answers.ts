/** Requests that other agents were asked and hand over to this server. */
import { Bug } from '../base/assert.ts';
import { Failure } from '../base/failure.ts';
import { FORWARD_BODY_BYTES_MAX, FORWARD_WHOLE_BYTES } from '../core/limits.ts';
import { isNotTaken } from '../core/link/not-taken.ts';
import { flag, object, oneOf, optional, record, text, type Shape } from '../core/link/shape.ts';
import type {
  AskedAgent,
  HttpApp,
  HttpMount,
  HttpReply,
  HttpRequest,
  SocketHandler,
} from '../ports/http.ts';
import { bytesOf, inPieces, questionOf } from './caller.ts';
import { sendText, wholeTexts } from './forwarded-text.ts';
import type { ApiName, ForwardedReply, ForwardedRequest } from './http-forward.ts';
import type { Answers, Asked } from './session.ts';

const bytes: Shape<Uint8Array> = (value) =>
  value instanceof Uint8Array ? undefined : 'holds no bytes';

const REQUEST: Shape<ForwardedRequest> = object<ForwardedRequest>({
  api: oneOf('http', 'discovery'),
  ...{ method: text, mountMethod: text, pattern: text, path: text, query: text },
  ...{ params: record(text), headers: record(text), remoteAddress: text },
  asked: optional(object<AskedAgent>({ node: text, datacenter: text })),
  body: optional(bytes),
  upgrade: flag,
});

export interface HttpAnswersDeps {
  readonly apps: Readonly<Record<ApiName, HttpApp>>;
  /** Fails where this server cannot take requests for others just now: it does not lead. */
  readonly admit: (asked: Asked) => void;
}

/** Whose agents ask: what those of another region mean by "this agent" is the one that answers. */
export type AskedFrom = 'this region' | 'another region';

export function httpAnswers(
  { apps, admit }: HttpAnswersDeps,
  from: AskedFrom = 'this region',
): Answers {
  const mounts = new Map<string, HttpMount>();
  for (const api of ['http', 'discovery'] as const) {
    for (const mount of apps[api].mounts) {
      mounts.set(`${api} ${mount.method} ${mount.path}`, mount);
    }
  }
  return {
    http: async (asked) => {
      const sent = questionOf(REQUEST, asked);
      admit(asked);
      const mount = mounts.get(`${sent.api} ${sent.mountMethod} ${sent.pattern}`);
      if (mount === undefined) {
        const what = `${sent.mountMethod} ${sent.pattern}`;
        throw new Failure('unsupported', `the server's build does not know ${what}`);
      }
      const request = {
        ...requestOf(sent, asked),
        ...(from === 'this region' ? { asked: sent.asked ?? askedAgent(asked) } : {}),
      };
      const app = apps[sent.api];
      return sent.upgrade
        ? upgrade(mount, app, request, asked)
        : answer(mount, app, request, asked);
    },
  };
}

function requestOf(sent: ForwardedRequest, asked: Asked): HttpRequest {
  const { method, path, query, params, headers, remoteAddress } = sent;
  return {
    ...{ method, path, query, params, headers, remoteAddress },
    signal: asked.signal,
    body: () => (sent.body === undefined ? collected(asked) : Promise.resolve(sent.body)),
  };
}

/** The agent at the other end of the session. */
export function askedAgent({ session: { peer } }: Asked): AskedAgent {
  return { node: peer.name, datacenter: peer.datacenter };
}

async function collected({ stream }: Asked): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream.pieces) {
    const part = bytesOf(piece);
    size += part.length;
    if (size > FORWARD_BODY_BYTES_MAX) throw new Failure('exhausted', 'request body is too large');
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function answer(
  mount: HttpMount,
  app: HttpApp,
  request: HttpRequest,
  asked: Asked,
): Promise<ForwardedReply | null> {
  const { status, headers, body } = await handled(mount, app, request);
  if (typeof body === 'string' || body instanceof Uint8Array) {
    if (body.length <= FORWARD_WHOLE_BYTES) return { status, headers, body };
    await asked.stream.send({ status, headers });
    await sendBytes(asked, typeof body === 'string' ? new TextEncoder().encode(body) : body);
    return null;
  }
  await asked.stream.send({ status, headers });
  for await (const chunk of body) {
    await sendBytes(asked, typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  }
  return null;
}

async function handled(mount: HttpMount, app: HttpApp, request: HttpRequest): Promise<HttpReply> {
  try {
    return await mount.handle(request);
  } catch (error) {
    return failed(app, error, request);
  }
}

async function sendBytes({ stream }: Asked, whole: Uint8Array): Promise<void> {
  for (const piece of inPieces(whole)) await stream.send(piece);
}

async function upgrade(
  mount: HttpMount,
  app: HttpApp,
  request: HttpRequest,
  asked: Asked,
): Promise<ForwardedReply | null> {
  const agreed: HttpReply | SocketHandler =
    mount.upgrade === undefined
      ? app.missing(request, [])
      : await mount.upgrade(request).catch((error: unknown) => failed(app, error, request));
  if (typeof agreed !== 'function') {
    const { status, headers, body } = agreed;
    return { status, headers, body: typeof body === 'string' ? body : '' };
  }
  await asked.stream.send({ agreed: true });
  await agreed({
    messages: wholeTexts(asked.stream.pieces),
    send: (message) => sendText(asked.stream, message),
  });
  return null;
}

/**
 * A bug is told in the log where it happened, not in the answer alone; what was not taken up is no
 * answer yet: whoever handed it over asks who leads next.
 */
function failed(app: HttpApp, error: unknown, request: HttpRequest): HttpReply {
  if (error instanceof Bug || isNotTaken(error)) throw error;
  return app.failed(error, request);
}
