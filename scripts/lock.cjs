/**
 * A lock between processes on one machine, for work that must not be done twice at once (install,
 * build). Plain CommonJS on Node's own modules: the launcher uses it before anything is installed.
 *
 * L1: a lock whose holder is dead, or which is older than any holder may be, is taken over.
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');

// An install over a slow line is the longest there is.
const HELD_MS_MAX = 10 * 60_000;
const POLL_MS = 50;

/** Runs `work` while holding the lock file `file`; waits for another holder first. Synchronous. */
function underLock(file, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  while (!tryTake(file)) {
    if (isAbandoned(file)) fs.rmSync(file, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  const release = () => fs.rmSync(file, { force: true });
  // `work` may end the process when it fails.
  process.once('exit', release);
  try {
    return work();
  } finally {
    release();
    process.off('exit', release);
  }
}

function tryTake(file) {
  try {
    fs.writeFileSync(file, `${process.pid} ${pidNamespace()}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(file) {
  try {
    if (Date.now() - fs.statSync(file).mtimeMs > HELD_MS_MAX) return true;
    const [pid, namespace] = fs.readFileSync(file, 'utf8').split(' ');
    // A process id means nothing in another namespace; the age alone decides there.
    return namespace === pidNamespace() && !isAlive(Number(pid));
  } catch (error) {
    // Released between our look and our reading.
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function pidNamespace() {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'unknown';
  }
}

module.exports = { underLock };
