#!/usr/bin/env node
/** Answers every request with a text: `http-echo.mjs -listen :8080 -text "hello world"`. */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  // One dash, as the program of that name has it.
  args: process.argv.slice(2).map((arg) => arg.replace(/^-(listen|text)$/, '-$&')),
  options: {
    listen: { type: 'string', default: ':5678' },
    text: { type: 'string', default: 'hello world' },
  },
});
const port = Number(values.listen.split(':').at(-1));
const server = createServer((request, response) => {
  console.log(`${request.socket.remoteAddress} "${request.method} ${request.url}"`);
  response.end(`${values.text}\n`);
});
server.listen(port, () => console.log(`Server is listening on :${port}`));
process.on('SIGINT', () => process.exit(0));
