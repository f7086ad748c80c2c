/**
 * Installs the dependencies when they are absent or not those of the lockfile, and otherwise costs
 * a few milliseconds. Plain JavaScript on Node's own modules: it runs before anything is installed.
 *
 * E1: two at a time install once: whoever comes second waits for the first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { underLock } from './lock.cjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockfile = join(root, 'package-lock.json');
// Where npm writes what it really put into node_modules.
const installed = join(root, 'node_modules', '.package-lock.json');

if (!isInstalled()) {
  underLock(join(root, '.cache', 'install.lock'), () => {
    if (!isInstalled()) install();
  });
}

function isInstalled() {
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return true;
  // A checkout or `npm install x` makes the lockfile newer without changing what is needed.
  const wanted = packagesOf(lockfile);
  const present = packagesOf(installed);
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path !== '' && !optional && present[path]?.version !== version) return false;
  }
  const now = new Date();
  utimesSync(installed, now, now);
  return true;
}

function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

function install() {
  console.error('installing dependencies ...');
  // `npm ci` removes node_modules first: right for a fresh clone, rude where something runs from it.
  // It also refuses a lockfile that some registry left incomplete; `npm install` then does.
  const fresh = !existsSync(join(root, 'node_modules'));
  if (fresh && npm('ci')) return;
  if (npm('install')) return;
  console.error('cannot install the dependencies');
  process.exit(1);
}

function npm(verb) {
  const args = [verb, '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  return spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
}
