/**
 * Brings `dist/` up to date with the sources when `bin/muster` is started from a checkout. Plain
 * CommonJS on Node's own modules, and quick: every start of the command line pays for the look.
 */
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { underLock } = require('./lock.cjs');

const root = path.dirname(__dirname);
const manifest = path.join(root, 'dist', 'manifest.json');
const INPUTS = ['package.json', 'package-lock.json', 'scripts/build.ts'];

/** Builds if anything that goes into the bundles is newer than they are. Ends the process if it cannot. */
function buildIfStale() {
  if (!isStale()) return;
  underLock(path.join(root, '.cache', 'build.lock'), () => {
    // Another start may have built while we waited.
    if (isStale()) run();
  });
}

function isStale() {
  let builtAt;
  try {
    builtAt = fs.statSync(manifest).mtimeMs;
  } catch {
    return true;
  }
  const isNewer = (file) => fs.statSync(file).mtimeMs > builtAt;
  return INPUTS.some((file) => isNewer(path.join(root, file))) || hasNewer('src', isNewer);
}

/** Looks at folders too: a deleted file changes nothing else. Tests are not in the bundles. */
function hasNewer(relative, isNewer) {
  const dir = path.join(root, relative);
  if (isNewer(dir)) return true;
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const inside = `${relative}/${entry.name}`;
    if (entry.isDirectory()) {
      if (hasNewer(inside, isNewer)) return true;
    } else if (
      /(?<!\.(test|bench|fixture))\.ts$/.test(entry.name) &&
      isNewer(path.join(root, inside))
    ) {
      return true;
    }
  }
  return false;
}

function run() {
  process.stderr.write('building muster ...\n');
  for (const args of [
    [path.join(__dirname, 'ensure-installed.mjs')],
    ['--import', 'tsx', path.join(__dirname, 'build.ts')],
  ]) {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) {
      process.stderr.write('cannot build muster\n');
      process.exit(1);
    }
  }
}

module.exports = { buildIfStale };
