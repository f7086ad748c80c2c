/**
 * A client in a process of its own, to be killed. Its servers are in the parent: each call is a
 * message, answered by number.
 */
import { Failure, type Fault } from '../../src/base/failure.ts';
import { KeeperClient } from '../../src/io/keeper/client.ts';
import type { KeeperPlace } from '../../src/io/keeper/find-keeper.ts';
import type { PullReply, ServerLink } from '../../src/ports/server-link.ts';
import { realClient } from './client-stand.ts';

type Answer = { n: number; ok?: unknown; fault?: Fault; message?: string };

const [dir = '', place = ''] = process.argv.slice(2);
const waiting = new Map<number, (answer: Answer) => void>();
let calls = 0;

process.on('message', (answer: Answer) => {
  waiting.get(answer.n)?.(answer);
  waiting.delete(answer.n);
});

async function ask<T>(method: keyof ServerLink, args: readonly unknown[]): Promise<T> {
  const n = ++calls;
  const answer = await new Promise<Answer>((resolve) => {
    waiting.set(n, resolve);
    process.send?.({ n, method, args });
  });
  if (answer.fault !== undefined) throw new Failure(answer.fault, answer.message ?? '');
  return answer.ok as T;
}

const servers: ServerLink = {
  registerNode: (node) => ask('registerNode', [node]),
  heartbeat: (nodeId, secretId) => ask('heartbeat', [nodeId, secretId]),
  pullAllocs: (query, signal) =>
    new Promise((resolve, reject) => {
      const refuse = (): void => reject(new Failure('canceled', 'the client ends'));
      signal.addEventListener('abort', refuse, { once: true });
      ask<PullReply>('pullAllocs', [query])
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', refuse));
    }),
  updateAllocs: (nodeId, secretId, updates) => ask('updateAllocs', [nodeId, secretId, updates]),
};

const keeper = new KeeperClient(JSON.parse(place) as KeeperPlace);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const client = realClient(dir, { keeper, servers, log: (line) => console.error(line) });
await client.run(stop.signal);
keeper.close();
process.disconnect();
process.exit(0);
