/** What runs on a node: use, signals, commands, files. */
import { listOf } from '../codec/fields.ts';
import { shape } from '../codec/codec.ts';
import { bool, text } from '../codec/fields.ts';
import { queryFlag, queryInt, queryText } from '../query.ts';
import { ask, write } from '../route.ts';
import { CHECK_RESULTS } from './check-result-codec.ts';
import { FILE, FRAME } from './file-codec.ts';
import { NODE_META_CHANGE, NODE_METADATA } from './node-meta-codec.ts';
import { ALLOC_USE, HOST_USE } from './usage-codec.ts';

const NODE_ID = queryText('node_id', 'the node; absent: the one that is asked');

export const allocStats = ask({
  name: 'client.alloc.stats',
  path: '/v1/client/allocation/:id/stats',
  about: 'What the tasks of an allocation use.',
  query: { task: queryText('task', 'only this task') },
  reply: ALLOC_USE,
});

export const allocChecks = ask({
  name: 'client.alloc.checks',
  path: '/v1/client/allocation/:id/checks',
  about: 'How the checks of an allocation came out last, by their ids.',
  reply: CHECK_RESULTS,
});

export const restartAlloc = write({
  name: 'client.alloc.restart',
  path: '/v1/client/allocation/:id/restart',
  about: 'Restarts tasks in place.',
  body: shape<{ readonly task: string; readonly allTasks: boolean }>({
    task: text('TaskName'),
    allTasks: bool('AllTasks'),
  }),
  bodyOptional: true,
});

export const signalAlloc = write({
  name: 'client.alloc.signal',
  path: '/v1/client/allocation/:id/signal',
  about: 'Sends a signal to tasks.',
  body: shape<{ readonly task: string; readonly signal: string }>({
    task: text('Task'),
    signal: text('Signal'),
  }),
});

export const execAlloc = ask({
  name: 'client.alloc.exec',
  path: '/v1/client/allocation/:id/exec',
  about: 'Runs a command inside a task, over a WebSocket.',
  query: {
    task: queryText('task', 'the task'),
    command: queryText('command', 'the command and its arguments, a JSON list'),
    tty: queryFlag('tty', 'with a terminal'),
  },
  answers: 'socket',
});

export const collectAlloc = ask({
  name: 'client.alloc.gc',
  path: '/v1/client/allocation/:id/gc',
  about: 'Removes what an ended allocation left on disk.',
});

export const readNodeMeta = ask({
  name: 'client.metadata',
  path: '/v1/client/metadata',
  about: 'The metadata of a node: of its configuration, and what was changed by hand.',
  query: { nodeId: NODE_ID },
  reply: NODE_METADATA,
});

export const changeNodeMeta = write({
  name: 'client.metadata.change',
  path: '/v1/client/metadata',
  about: 'Changes the metadata of a node until it is changed again; `null` takes a key away.',
  query: { nodeId: NODE_ID },
  body: NODE_META_CHANGE,
  reply: NODE_METADATA,
});

export const hostStats = ask({
  name: 'client.stats',
  path: '/v1/client/stats',
  about: 'What the machine of a node uses.',
  query: { nodeId: NODE_ID },
  reply: HOST_USE,
});

export const collectNode = ask({
  name: 'client.gc',
  path: '/v1/client/gc',
  about: 'Removes what ended allocations left on the disk of a node.',
  query: { nodeId: NODE_ID },
});

const PATH = queryText('path', 'relative to the directory of the allocation');

export const listFiles = ask({
  name: 'client.fs.ls',
  path: '/v1/client/fs/ls/:id',
  about: 'Lists a directory of an allocation.',
  query: { path: PATH },
  reply: listOf(FILE),
});

export const statFile = ask({
  name: 'client.fs.stat',
  path: '/v1/client/fs/stat/:id',
  about: 'One file of an allocation.',
  query: { path: PATH },
  reply: FILE,
});

export const catFile = ask({
  name: 'client.fs.cat',
  path: '/v1/client/fs/cat/:id',
  about: 'A file, whole.',
  query: { path: PATH },
  answers: 'bytes',
});

export const readFileAt = ask({
  name: 'client.fs.readat',
  path: '/v1/client/fs/readat/:id',
  about: 'A part of a file.',
  query: {
    path: PATH,
    offset: queryInt('offset', 'from this byte on'),
    limit: queryInt('limit', 'at most so many bytes; absent: to its end'),
  },
  answers: 'bytes',
});

const STREAM = {
  offset: queryInt('offset', 'so many bytes from the origin'),
  origin: queryText('origin', '`start` (the default) or `end`'),
  follow: queryFlag('follow', 'go on as the file grows'),
  plain: queryFlag('plain', 'bytes instead of frames'),
} as const;

export const streamFile = ask({
  name: 'client.fs.stream',
  path: '/v1/client/fs/stream/:id',
  about: 'A file as it grows, in frames.',
  query: { path: PATH, ...STREAM },
  reply: FRAME,
  answers: 'lines',
});

export const taskLogs = ask({
  name: 'client.fs.logs',
  path: '/v1/client/fs/logs/:id',
  about: 'The output of a task, across its rotated files, in frames.',
  query: {
    task: queryText('task', 'the task'),
    type: queryText('type', '`stdout` (the default) or `stderr`'),
    ...STREAM,
  },
  reply: FRAME,
  answers: 'lines',
});

export const CLIENT_ROUTES = [
  allocStats,
  allocChecks,
  restartAlloc,
  signalAlloc,
  execAlloc,
  collectAlloc,
  readNodeMeta,
  changeNodeMeta,
  hostStats,
  collectNode,
  listFiles,
  statFile,
  catFile,
  readFileAt,
  streamFile,
  taskLogs,
] as const;
