/** Checks a commit out of a git repository. The program `git` does it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import type { ArtifactOrigin } from '../../core/artifact/source.ts';
import { shown } from './download.ts';

type GitOrigin = Extract<ArtifactOrigin, { from: 'git' }>;

/** Bytes of git's complaints that are kept. */
const COMPLAINT_BYTES_MAX = 2_000;
/** A commit's name, or how it begins: servers that give it to nobody still have it in a branch. */
const COMMIT = /^[0-9a-f]{7,40}$/i;

/** @param into exists, and is empty. Fails: as `Artifacts.fetch`. */
export async function checkOut(
  origin: GitOrigin,
  into: string,
  signal: AbortSignal,
): Promise<void> {
  const keyDir = origin.sshKey === '' ? undefined : await mkdtemp(join(tmpdir(), 'muster-key-'));
  try {
    const env = await environment(origin, keyDir);
    const git = (...args: string[]): Promise<void> =>
      runGit(args, { cwd: into, env, origin }, signal);
    await git('init', '--quiet', '--template=');
    await git('remote', 'add', 'origin', origin.url);
    await fetchRef(origin, git);
    await git('-c', 'core.hooksPath=/dev/null', 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
    await fetchSubmodules(origin, { into, env }, signal);
  } finally {
    if (keyDir !== undefined) await rm(keyDir, { recursive: true, force: true });
  }
}

/** What a repository names in it comes too; nothing of this machine, as nobody asked for that. */
async function fetchSubmodules(
  origin: GitOrigin,
  { into, env }: { readonly into: string; readonly env: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<void> {
  const found = await stat(join(into, '.gitmodules')).catch(() => undefined);
  if (found === undefined) return;
  const isOfMachine = !/^(https?|ssh|git):/.test(origin.url);
  const allowed = isOfMachine ? 'file:git:http:https:ssh' : 'git:http:https:ssh';
  const args = ['-c', 'core.hooksPath=/dev/null', 'submodule', 'update', '--init', '--recursive'];
  const shallow = origin.depth > 0 ? [`--depth=${origin.depth}`] : [];
  const at = { cwd: into, env: { ...env, GIT_ALLOW_PROTOCOL: allowed }, origin };
  await runGit([...args, '--quiet', ...shallow], at, signal);
}

async function fetchRef(
  { ref, depth }: GitOrigin,
  git: (...args: string[]) => Promise<void>,
): Promise<void> {
  const shallow = depth > 0 ? [`--depth=${depth}`] : [];
  const wanted = ref === '' ? 'HEAD' : ref;
  try {
    await git('fetch', '--quiet', ...shallow, 'origin', wanted);
  } catch (error) {
    if (!COMMIT.test(ref)) throw error;
    await git('fetch', '--quiet', 'origin', '+refs/*:refs/remotes/origin/*');
    await git('update-ref', 'FETCH_HEAD', `${ref}^{commit}`);
  }
}

async function environment(
  { sshKey }: GitOrigin,
  keyDir: string | undefined,
): Promise<NodeJS.ProcessEnv> {
  const plain = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    // Nobody is there to be asked; nothing of the machine's own settings is to matter.
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
  };
  const options = '-o BatchMode=yes -o StrictHostKeyChecking=accept-new';
  if (keyDir === undefined) return { ...plain, GIT_SSH_COMMAND: `ssh ${options}` };
  const file = join(keyDir, 'key');
  await writeFile(file, Buffer.from(sshKey, 'base64'), { mode: 0o600 });
  // Hosts that this machine knows must be who they were; of others, the first word is taken.
  const hosts = `"UserKnownHostsFile=${join(keyDir, 'hosts')} ~/.ssh/known_hosts"`;
  const own = `-i ${file} -o IdentitiesOnly=yes -o ${hosts}`;
  return { ...plain, GIT_SSH_COMMAND: `ssh ${own} ${options}` };
}

async function runGit(
  args: readonly string[],
  at: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly origin: GitOrigin },
  signal: AbortSignal,
): Promise<void> {
  const { cwd, env } = at;
  const child = spawn('git', args, { cwd, env, signal, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (piece: Buffer) => {
    complaint = (complaint + piece.toString()).slice(-COMPLAINT_BYTES_MAX);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => {
      resolve(exit ?? 1);
    });
  }).catch((cause: unknown) => {
    if (signal.aborted) throw new Failure('canceled', 'the download was given up');
    throw new Failure('unsupported', 'cannot run git', { cause });
  });
  if (code !== 0) {
    const why = reasonIn(complaint);
    const isPassing = /could not resolve|timed out|unable to (access|connect)|Connection/i;
    const fault = isPassing.test(complaint) ? 'unavailable' : 'invalid';
    const verb = args.find((word) => /^[a-z-]+$/.test(word) && word !== '-c') ?? '';
    throw new Failure(fault, `git ${verb} of ${shown(at.origin.url)}: ${why}`);
  }
}

/** The line of git's complaints that says most: what ssh says, or what is fatal. */
function reasonIn(complaint: string): string {
  const lines = complaint.trim().split('\n');
  return (
    lines.find((line) => /Permission denied|^ssh: |^fatal: |Host key/.test(line)) ??
    lines.at(-1) ??
    ''
  );
}
