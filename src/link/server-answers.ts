/**
 * What a server answers to the agents that dialled it.
 *
 * SA1: a session speaks for a node from the moment it has proved the node's secret, and only then
 *      is the node asked over it.
 */
import { SERVER_REQUESTS } from '../core/link/requests.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { PreviousAllocs } from '../ports/previous-allocs.ts';
import type { ServerLink } from '../ports/server-link.ts';
import { questionOf, sendBytes } from './caller.ts';
import { LeanReplies } from './lean-pull.ts';
import type { NodeSessions } from './node-sessions.ts';
import type { Answers, Asked } from './session.ts';

export interface ServerAnswersDeps {
  /** Whichever server leads answers these. */
  readonly servers: ServerLink;
  readonly catalog: CatalogLink;
  readonly previous: PreviousAllocs;
  readonly nodes: NodeSessions;
  /** Whether this is the secret of a node that is known here. */
  readonly knows: (nodeId: NodeId, secretId: string) => boolean;
}

export function serverAnswers(deps: ServerAnswersDeps): Answers {
  return { ...nodeAnswers(deps), ...previousAnswers(deps), ...catalogAnswers(deps) };
}

function nodeAnswers({ servers, nodes, knows }: ServerAnswersDeps): Answers {
  const requests = SERVER_REQUESTS;
  const lean = new LeanReplies();
  const bind = ({ session }: Asked, nodeId: NodeId, secretId: string): void => {
    // A server that hands on what its client said is not the way to that client.
    if (session.peer.role === 'client' && knows(nodeId, secretId)) nodes.bind(nodeId, session);
  };
  return {
    'node.register': async (asked) => {
      const { node } = questionOf(requests['node.register'], asked);
      const reply = await servers.registerNode(node, asked.signal);
      bind(asked, node.id, node.secretId);
      return reply;
    },
    'node.heartbeat': async (asked) => {
      const { nodeId, secretId } = questionOf(requests['node.heartbeat'], asked);
      const reply = await servers.heartbeat(nodeId, secretId, asked.signal);
      bind(asked, nodeId, secretId);
      return reply;
    },
    'node.pull': async (asked) => {
      const query = questionOf(requests['node.pull'], asked);
      // Before the wait: a client that came back is asked for output at once.
      bind(asked, query.nodeId, query.secretId);
      const reply = await servers.pullAllocs(query, asked.signal);
      return query.lean === true ? lean.of(reply) : reply;
    },
    'node.update': async (asked) => {
      const { nodeId, secretId, updates } = questionOf(requests['node.update'], asked);
      await servers.updateAllocs(nodeId, secretId, updates, asked.signal);
      return null;
    },
  };
}

function previousAnswers({ previous }: ServerAnswersDeps): Answers {
  const requests = SERVER_REQUESTS;
  return {
    'alloc.previous': (asked) =>
      previous.stateOf(questionOf(requests['alloc.previous'], asked), asked.signal),
    'alloc.previous-data': (asked) => {
      const question = questionOf(requests['alloc.previous-data'], asked);
      return sendBytes(previous.dataOf(question, asked.signal), asked);
    },
  };
}

function catalogAnswers({ catalog }: ServerAnswersDeps): Answers {
  const requests = SERVER_REQUESTS;
  return {
    'catalog.register': (asked) =>
      catalog.register(questionOf(requests['catalog.register'], asked), asked.signal),
    'catalog.deregister': (asked) =>
      catalog.deregister(questionOf(requests['catalog.deregister'], asked), asked.signal),
    'catalog.deregister-node': (asked) => {
      const { node } = questionOf(requests['catalog.deregister-node'], asked);
      return catalog.deregisterNode(node, asked.signal);
    },
    'catalog.watch': (asked) => {
      const { node, after } = questionOf(requests['catalog.watch'], asked);
      return catalog.watchNode(node, after, asked.signal);
    },
  };
}
