/** Events that people fire. Source: https://developer.hashicorp.com/consul/api-docs/event */
import type { UserEvent } from '../../core/model/user-event.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { int, listOf, nested, text } from '../codec/fields.ts';
import { queryText } from '../query.ts';
import { read, upload } from '../route.ts';
import { BASE64 } from './kv-codec.ts';

export const USER_EVENT: Shape<UserEvent> = shape(
  {
    id: text('ID'),
    name: text('Name'),
    payload: nested('Payload', BASE64),
    nodeFilter: text('NodeFilter'),
    serviceFilter: text('ServiceFilter'),
    tagFilter: text('TagFilter'),
    lTime: int('LTime'),
    createIndex: undefined,
    modifyIndex: undefined,
  },
  { Version: 1 },
);

const HEARD_BY = {
  node: queryText('node', 'only nodes whose names match'),
  service: queryText('service', 'only nodes that offer a service whose name matches'),
  tag: queryText('tag', 'only nodes whose service has a tag that matches; with `service`'),
} as const;

export const fireEvent = upload({
  name: 'event.fire',
  path: '/v1/event/fire/:name',
  about: 'Fires an event; the body is its payload.',
  query: HEARD_BY,
  reply: USER_EVENT,
});

export const listEvents = read({
  name: 'event.list',
  path: '/v1/event/list',
  about: 'The latest events that concern the agent that is asked, oldest first.',
  query: {
    name: queryText('name', 'only those of this name'),
    ...HEARD_BY,
    // All of its 64 bits count, which the common parameter's number has not.
    afterEvent: queryText('index', 'answer once the last event is not the one of this index'),
  },
  reply: listOf(USER_EVENT),
});

export const EVENT_ROUTES = [fireEvent, listEvents] as const;
