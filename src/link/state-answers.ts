/**
 * A server's whole state, sent to another one whose own is older than what the log still holds.
 *
 * The first piece says of which index the state is and what it hashes to; then come rows, encoded
 * some at a time and cut to the size of a piece; the answer says how many there were.
 *
 * SN1: what is sent is one immutable state, whatever is applied meanwhile, and the event loop turns
 *      after each group.
 */
import { Failure } from '../base/failure.ts';
import { PEER_REQUESTS } from '../core/link/requests.ts';
import { STATE_GROUP_ROWS } from '../core/limits.ts';
import { allRows } from '../core/state/persist.ts';
import type { State } from '../core/state/state.ts';
import type { CheckpointRow } from '../ports/checkpoint.ts';
import type { EntryCodec } from '../ports/log.ts';
import { inPieces, questionOf } from './caller.ts';
import type { Answers, Asked } from './session.ts';
import type { LinkStream } from './stream.ts';

export interface StateAnswersDeps {
  readonly state: () => State;
  readonly codec: EntryCodec<CheckpointRow>;
}

/** What a server answers to its peers about its state. */
export function stateAnswers({ state, codec }: StateAnswersDeps): Answers {
  return {
    'server.state': async (asked: Asked) => {
      const { least } = questionOf(PEER_REQUESTS['server.state'], asked);
      if (asked.session.peer.role !== 'server') {
        throw new Failure('denied', 'a whole state is for servers alone');
      }
      const sent = state();
      if (sent.index < least) {
        const message = `this server is at index ${sent.index}, before ${least}, itself`;
        throw new Failure('unavailable', message);
      }
      await asked.stream.send({ index: sent.index, hash: sent.hash });
      return { rows: await sendRows(sent, codec, asked.stream) };
    },
  };
}

async function sendRows(
  state: State,
  codec: EntryCodec<CheckpointRow>,
  stream: LinkStream,
): Promise<number> {
  let rows = 0;
  for (const group of inGroups(allRows(state))) {
    const encoded = codec.encode(group);
    const pieces = [...inPieces(encoded)];
    for (const [i, bytes] of pieces.entries()) {
      await stream.send({ bytes, last: i === pieces.length - 1 });
    }
    rows += group.length;
    // Credit alone would let many groups through in one turn (SN1).
    await new Promise((resolve) => setImmediate(resolve));
  }
  return rows;
}

function* inGroups(rows: Iterable<CheckpointRow>): Generator<readonly CheckpointRow[]> {
  let group: CheckpointRow[] = [];
  for (const row of rows) {
    if (group.push(row) < STATE_GROUP_ROWS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
