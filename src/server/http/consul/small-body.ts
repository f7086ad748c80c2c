/** Bodies that have a bound of their own, below the listener's. */
import type { Failure } from '../../../base/failure.ts';
import type { HttpRequest } from '../../../ports/http.ts';

/** Reads a body of at most `max` bytes; one that says that it is larger is not read at all. */
export async function smallBody(
  request: HttpRequest,
  max: number,
  tooLarge: (size: number, max: number) => Failure,
): Promise<Uint8Array> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > max) throw tooLarge(declared, max);
  const bytes = await request.body();
  if (bytes.length > max) throw tooLarge(bytes.length, max);
  return bytes;
}
