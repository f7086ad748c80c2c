/** Text messages of a WebSocket as pieces of a stream, and back. */
import { Failure } from '../base/failure.ts';
import { FORWARD_TEXT_MAX, LINK_PIECE_BYTES } from '../core/limits.ts';
import type { LinkStream } from './stream.ts';

/** Characters of one piece: each is three bytes at most. */
const CHARS = Math.floor(LINK_PIECE_BYTES / 3);

/** Sends one message, in as many pieces as it takes. */
export async function sendText(stream: Pick<LinkStream, 'send'>, text: string): Promise<void> {
  let at = 0;
  do {
    const isLast = at + CHARS >= text.length;
    await stream.send({ text: text.slice(at, at + CHARS), isLast });
    at += CHARS;
  } while (at < text.length);
}

/** The messages in pieces. Fails: `exhausted` one is too long. */
export async function* wholeTexts(pieces: AsyncIterable<unknown>): AsyncGenerator<string> {
  let whole = '';
  for await (const piece of pieces) {
    const { text, isLast } = piece as Readonly<Record<string, unknown>>;
    if (typeof text !== 'string') throw new Failure('internal', 'a piece holds no text');
    whole += text;
    if (whole.length > FORWARD_TEXT_MAX) throw new Failure('exhausted', 'a message is too long');
    if (isLast !== true) continue;
    yield whole;
    whole = '';
  }
}
