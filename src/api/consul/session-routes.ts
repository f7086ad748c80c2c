/** Sessions. Source: https://developer.hashicorp.com/consul/api-docs/session */
import { boolCodec, listOf } from '../codec/fields.ts';
import { change, read } from '../route.ts';
import { SESSION, SESSION_BODY, SESSION_ID } from './session-codec.ts';

export const createSession = change({
  name: 'session.create',
  path: '/v1/session/create',
  about: 'Makes a session, which may hold locks.',
  body: SESSION_BODY,
  bodyOptional: true,
  reply: SESSION_ID,
});

export const destroySession = change({
  name: 'session.destroy',
  path: '/v1/session/destroy/:id',
  about: 'Ends a session; its locks go as its behavior says.',
  reply: boolCodec,
});

export const readSession = read({
  name: 'session.read',
  path: '/v1/session/info/:id',
  about: 'One session in a list, which is empty when there is none.',
  reply: listOf(SESSION),
});

export const nodeSessions = read({
  name: 'session.node',
  path: '/v1/session/node/:node',
  about: 'The sessions of a node.',
  reply: listOf(SESSION),
});

export const listSessions = read({
  name: 'session.list',
  path: '/v1/session/list',
  about: 'All sessions.',
  reply: listOf(SESSION),
});

export const renewSession = change({
  name: 'session.renew',
  path: '/v1/session/renew/:id',
  about: 'Starts the time of a session anew; status 404 when it is gone.',
  reply: listOf(SESSION),
});

export const SESSION_ROUTES = [
  createSession,
  destroySession,
  readSession,
  nodeSessions,
  listSessions,
  renewSession,
] as const;
