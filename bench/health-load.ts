/**
 * Asks for one path from a process of its own, over so many connections, each sending its next
 * request when the last was answered. Prints rate and latencies [ms] as one line of JSON.
 *
 *     node --import tsx bench/health-load.ts 8500 /v1/health/service/web 64 5
 */
import { createConnection } from 'node:net';
import { percentile } from './harness.ts';

const [port = '8500', path = '/', connections = '64', seconds = '5'] = process.argv.slice(2);
/** Not counted: V8 compiles, connections open. */
const WARM_UP_MS = 1_500;

const startAt = performance.now() + WARM_UP_MS;
const endAt = startAt + Number(seconds) * 1_000;
const latencies: number[] = [];
let failures = 0;
let bytes = 0;
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
const HEAD_END = Buffer.from('\r\n\r\n');

/** Bytes of an answer that begins with this, head included. */
function lengthOf(start: Buffer): number {
  const end = start.indexOf(HEAD_END);
  const head = start.toString('latin1', 0, end);
  if (!head.startsWith('HTTP/1.1 200')) failures += 1;
  return end + HEAD_END.length + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
}

function run(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port: Number(port) });
    socket.setNoDelay(true);
    let sentAt = 0;
    let left = 0;
    const send = (): void => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (left === 0) left = lengthOf(chunk);
      left -= chunk.length;
      bytes += chunk.length;
      if (left > 0) return;
      const now = performance.now();
      if (sentAt >= startAt && now < endAt) latencies.push(now - sentAt);
      if (now < endAt) send();
      else socket.end(resolve);
    });
  });
}

await Promise.all(Array.from({ length: Number(connections) }, run));
const rate = latencies.length / Number(seconds);
const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
console.log(JSON.stringify({ rate, p50, p99, failures, bytes }));
