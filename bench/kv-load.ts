/**
 * Loads the key/value API from a process of its own, so that what the server costs is the server's:
 * so many connections, each sending its next request when the last was answered. Prints the rate
 * and the latencies [ms] as one line of JSON. Readers need `bench/0` to `bench/9999` to be there:
 * whatever is not answered with 200 counts as a failure.
 *
 *     node --import tsx bench/kv-load.ts 8500 put 64 5
 */
import { createConnection, type Socket } from 'node:net';
import { percentile } from './harness.ts';

const [port = '8500', verb = 'put', connections = '64', seconds = '5', keys = '10000'] =
  process.argv.slice(2);
const VALUE = 'v'.repeat(64);
const KEYS = Number(keys);
/** Not counted: V8 compiles, connections open. */
const WARM_UP_MS = 1_500;

const startAt = performance.now() + WARM_UP_MS;
const endAt = startAt + Number(seconds) * 1_000;
const latencies: number[] = [];
let failures = 0;
let answered = 0;

function request(n: number): string {
  const path = `/v1/kv/bench/${n % KEYS}`;
  if (verb === 'get') return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const value = VALUE + String(n);
  return `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${value.length}\r\n\r\n${value}`;
}

/** Whether an answer has come whole; all of them are short. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return text.length >= end + 4 + Number(length ?? 0);
}

function run(first: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = createConnection({ host: '127.0.0.1', port: Number(port) });
    socket.setNoDelay(true).setEncoding('latin1');
    let n = first;
    let sentAt = 0;
    let held = '';
    const send = (): void => {
      n += 64;
      sentAt = performance.now();
      socket.write(request(n));
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      held += chunk;
      if (!isWhole(held)) return;
      const now = performance.now();
      answered += 1;
      if (sentAt >= startAt && now < endAt) {
        latencies.push(now - sentAt);
        if (!held.startsWith('HTTP/1.1 200')) failures += 1;
      }
      held = '';
      if (now < endAt) send();
      else socket.end(resolve);
    });
  });
}

await Promise.all(Array.from({ length: Number(connections) }, (_, i) => run(i)));
const rate = latencies.length / Number(seconds);
const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
console.log(JSON.stringify({ rate, p50, p99, failures, answered }));
