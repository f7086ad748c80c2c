/** What one that runs tasks answers to the servers it dialled, over the same session. */
import { Failure } from '../base/failure.ts';
import { CLIENT_REQUESTS } from '../core/link/requests.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { ExecRequest, ExecSession } from '../ports/driver.ts';
import { inPieces, questionOf, sendAll, sendBytes } from './caller.ts';
import type { Answers, Asked } from './session.ts';

/** @param client asked for each time: the answers are made before the client is */
export function clientAnswers(client: () => ClientLink | undefined): Answers {
  const link = (): ClientLink => {
    const found = client();
    if (found === undefined) throw new Failure('unavailable', 'this agent runs no client');
    return found;
  };
  return { ...questions(link), ...streams(link) };
}

function questions(link: () => ClientLink): Answers {
  const requests = CLIENT_REQUESTS;
  return {
    'alloc.stats': (asked) => link().allocStats(questionOf(requests['alloc.stats'], asked).id),
    'alloc.signal': async (asked) => {
      const { id, task, signal } = questionOf(requests['alloc.signal'], asked);
      await link().signalAlloc(id, task, signal);
      return null;
    },
    'alloc.restart': async (asked) => {
      const { id, task } = questionOf(requests['alloc.restart'], asked);
      await link().restartAlloc(id, task);
      return null;
    },
    'alloc.list-files': (asked) => {
      const { id, path } = questionOf(requests['alloc.list-files'], asked);
      return link().listFiles(id, path);
    },
    'alloc.stat-file': (asked) => {
      const { id, path } = questionOf(requests['alloc.stat-file'], asked);
      return link().statFile(id, path);
    },
    'client.collect': async (asked) => {
      await link().collectGarbage(questionOf(requests['client.collect'], asked).id);
      return null;
    },
    'client.stats': () => link().hostStats(),
    'alloc.checks': (asked) => link().allocChecks(questionOf(requests['alloc.checks'], asked).id),
    'client.meta': () => link().nodeMeta(),
    'client.change-meta': (asked) =>
      link().changeNodeMeta(questionOf(requests['client.change-meta'], asked)),
  };
}

function streams(link: () => ClientLink): Answers {
  const requests = CLIENT_REQUESTS;
  return {
    'alloc.read-file': (asked) => {
      const { id, path, ...range } = questionOf(requests['alloc.read-file'], asked);
      return sendAll(link().readFile(id, path, range, asked.signal), asked);
    },
    'alloc.follow-file': (asked) => {
      const { id, path, ...from } = questionOf(requests['alloc.follow-file'], asked);
      return sendAll(link().followFile(id, path, from, asked.signal), asked);
    },
    'alloc.logs': (asked) => {
      const { id, ...query } = questionOf(requests['alloc.logs'], asked);
      return sendAll(link().logs(id, query, asked.signal), asked);
    },
    'alloc.data': (asked) => {
      const { id } = questionOf(requests['alloc.data'], asked);
      return sendBytes(link().allocData(id, asked.signal), asked);
    },
    'alloc.exec': async (asked) => {
      const { id, task, columns, rows, ...rest } = questionOf(requests['alloc.exec'], asked);
      const size = columns === undefined || rows === undefined ? {} : { size: { columns, rows } };
      const request: ExecRequest = { ...rest, ...size };
      return runExec(await link().exec(id, task, request, asked.signal), asked);
    },
  };
}

/** The first piece says that the command runs; the answer is its exit code. */
async function runExec(session: ExecSession, asked: Asked): Promise<number> {
  const { stream } = asked;
  try {
    await stream.send({ started: true });
    const feeding = feed(session, asked);
    // Input that cannot be taken any more is no failure of the command.
    feeding.catch(() => undefined);
    for await (const output of session.output) {
      for (const bytes of inPieces(output.bytes)) await stream.send({ ...output, bytes });
    }
    return await session.exited;
  } finally {
    await session.kill();
  }
}

async function feed(session: ExecSession, { stream }: Asked): Promise<void> {
  for await (const piece of stream.pieces) {
    const { bytes, columns, rows } = piece as Readonly<Record<string, unknown>>;
    if (bytes instanceof Uint8Array) await session.write(bytes);
    else if (typeof columns === 'number' && typeof rows === 'number') {
      await session.resize(columns, rows);
    }
  }
  await session.closeInput();
}
