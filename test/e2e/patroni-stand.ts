/**
 * PostgreSQL servers that Patroni keeps, each with a way of its own to the agent, and somebody who
 * writes to all of them all the time.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { isAlive } from '../processes.ts';
import { Link } from './patroni-link.ts';

const SERVERS = '/usr/lib/postgresql';
export const SCOPE = 'facts';

/**
 * How long a leader is leader after its last word [s]: the least that Patroni takes. Half of it is
 * what its session asks for, which is the least that the agent takes.
 */
const TTL_S = 20;
const LOOP_S = 2;
/** How long Patroni tries before it gives the agent up, and its leadership with it [s]. */
const RETRY_S = 3;

/** Why there can be no such servers here, or undefined. */
export function patroniMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to become another user';
  if (!existsSync('/usr/bin/patroni')) return 'patroni is not installed';
  if (!existsSync(SERVERS)) return 'postgresql is not installed';
  return undefined;
}

/** One server with its Patroni and its link to the agent. */
export class PostgresServer implements AsyncDisposable {
  readonly name: string;
  readonly link: Link;
  readonly port: number;
  readonly #dir: string;
  readonly #restPort: number;
  #patroni: ChildProcess | undefined;

  private constructor(name: string, dir: string, link: Link, ports: readonly [number, number]) {
    this.name = name;
    this.link = link;
    this.#dir = dir;
    [this.port, this.#restPort] = ports;
  }

  /** @param dir where it may make a folder of its own */
  static async make(name: string, dir: string, agentPort: number): Promise<PostgresServer> {
    const own = join(dir, name);
    mkdirSync(own, { mode: 0o700 });
    const ports = [await freePort(), await freePort()] as const;
    const server = new PostgresServer(name, own, await Link.to(agentPort), ports);
    writeFileSync(join(own, 'patroni.yml'), JSON.stringify(server.#settings()));
    chownSync(own, userId('-u'), userId('-g'));
    return server;
  }

  start(): void {
    const log = openSync(join(this.#dir, 'patroni.log'), 'a');
    this.#patroni = spawn('/usr/bin/patroni', [join(this.#dir, 'patroni.yml')], {
      uid: userId('-u'),
      gid: userId('-g'),
      cwd: this.#dir,
      env: { PATH: '/usr/bin:/bin', HOME: this.#dir, LANG: 'C.UTF-8' },
      stdio: ['ignore', log, log],
    });
  }

  get output(): string {
    return readFileSync(join(this.#dir, 'patroni.log'), 'utf8');
  }

  /** What Patroni says of this server: `role`, `state`, ... */
  async told(): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`http://127.0.0.1:${this.#restPort}/patroni`, {
      signal: AbortSignal.timeout(5_000),
    });
    return (await response.json()) as Readonly<Record<string, unknown>>;
  }

  /** Ends Patroni and then the server as a loss of power would. */
  async kill(): Promise<void> {
    const child = this.#patroni;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    const pids = postgresOf(join(this.#dir, 'data'));
    for (const pid of pids) endQuietly(pid);
    const end = Date.now() + 60_000;
    while (pids.some(isAlive) && Date.now() < end) await delay(20);
  }

  /** Runs one statement as a client would; rejects where it is not done within `seconds`. */
  async sql(statement: string, seconds = 5): Promise<string> {
    const where = `host=127.0.0.1 port=${this.port} user=postgres dbname=postgres`;
    const bounds = `connect_timeout=${seconds} options='-c statement_timeout=${seconds}s'`;
    const args = ['-XAtqc', statement, '-v', 'ON_ERROR_STOP=1', `${where} ${bounds}`];
    return new Promise((resolve, reject) => {
      execFile('psql', args, { timeout: 2_000 * seconds }, (error, out, err) => {
        // A warning: it may be undone, as no other server has it yet.
        if (error === null && err === '') resolve(out.trim());
        else reject(error ?? new Error(err));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.link[Symbol.asyncDispose]();
  }

  #settings(): object {
    const rest = `127.0.0.1:${this.#restPort}`;
    const listen = `127.0.0.1:${this.port}`;
    return {
      scope: SCOPE,
      name: this.name,
      restapi: { listen: rest, connect_address: rest },
      consul: { host: `127.0.0.1:${this.link.port}`, register_service: true },
      bootstrap: BOOTSTRAP,
      postgresql: {
        listen,
        connect_address: listen,
        data_dir: join(this.#dir, 'data'),
        bin_dir: programs(),
        pgpass: join(this.#dir, 'pgpass'),
        authentication: {
          superuser: { username: 'postgres' },
          replication: { username: 'replicator' },
        },
        // What it promises of power losses is not what is asked here.
        parameters: { unix_socket_directories: this.#dir, fsync: 'off', shared_buffers: '16MB' },
      },
    };
  }
}

const BOOTSTRAP = {
  dcs: {
    ttl: TTL_S,
    loop_wait: LOOP_S,
    retry_timeout: RETRY_S,
    // What was acknowledged is on the other server as well.
    synchronous_mode: true,
    postgresql: { use_pg_rewind: true },
  },
  initdb: ['data-checksums', { encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
  pg_hba: [
    'local all all trust',
    'host all all 127.0.0.1/32 trust',
    'host replication all 127.0.0.1/32 trust',
  ],
};

/** A row that a server took, and when [ms]. */
export interface Written {
  readonly id: number;
  readonly server: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Writes to every server, over and over, whatever each says. */
export class Writers {
  readonly written: Written[] = [];
  readonly #stop = new AbortController();
  readonly #loops: readonly Promise<void>[];
  #ids = 0;

  constructor(servers: readonly PostgresServer[]) {
    this.#loops = servers.map((server) => this.#write(server));
  }

  /** Who took rows, in the order of time, each once for as long as nobody else did. */
  holders(): readonly string[] {
    const inOrder = this.written.toSorted((a, b) => a.startedAt - b.startedAt);
    const names = inOrder.map(({ server }) => server);
    return names.filter((name, at) => name !== names[at - 1]);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  async #write(server: PostgresServer): Promise<void> {
    const { name } = server;
    while (!this.#stop.signal.aborted) {
      const id = ++this.#ids;
      const startedAt = Date.now();
      try {
        await server.sql(`insert into rows values (${id}, '${name}')`);
        this.written.push({ id, server: name, startedAt, endedAt: Date.now() });
      } catch {
        // It reads only, or is not there.
      }
      await delay(100);
    }
  }
}

function programs(): string {
  const newest = readdirSync(SERVERS)
    .sort((a, b) => Number(a) - Number(b))
    .at(-1);
  return join(SERVERS, newest ?? '', 'bin');
}

function userId(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}

/** All processes of the server that keeps its data there. */
function postgresOf(dataDir: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isServer = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
        return isServer && cwdOf(pid) === dataDir;
      } catch {
        return false;
      }
    });
}

function cwdOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/cwd`);
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
