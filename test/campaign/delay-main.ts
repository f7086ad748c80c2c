/**
 * Stands between a machine and its network, and makes what comes in slow: connections to the first
 * port of each pair are passed on to the second. Every line on the standard input is a new delay.
 *
 *     delay-main ADDRESS PORT:TARGET ...
 */
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [address = '', ...pairs] = process.argv.slice(2);
let delayMs = 0;

/** Passes on what comes, each piece after the delay of the moment, in order. */
function pass(from: Socket, to: Socket): void {
  let dueAt = 0;
  from.on('data', (piece: Buffer) => {
    dueAt = Math.max(dueAt, Date.now() + delayMs);
    const waitMs = dueAt - Date.now();
    const send = (): boolean => to.write(piece);
    if (waitMs > 0) setTimeout(send, waitMs);
    else if (!send()) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.on('error', () => from.destroy());
  from.on('close', () => {
    if (delayMs > 0) setTimeout(() => to.destroy(), delayMs);
    else to.destroy();
  });
}

for (const pair of pairs) {
  const [port = 0, target = 0] = pair.split(':').map(Number);
  const server = createServer((near) => {
    const far = connect(target, address);
    pass(near, far);
    pass(far, near);
  });
  server.listen(port, '0.0.0.0');
}
createInterface({ input: process.stdin }).on('line', (line) => (delayMs = Number(line)));
console.log('listening');
