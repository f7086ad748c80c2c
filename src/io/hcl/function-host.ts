/**
 * What functions of the job language may use of this machine: files, digests, the time, chance.
 *
 * F1: a file is read up to a bound; a folder is listed up to a bound; nothing is written.
 */
import { constants, createHash, privateDecrypt, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { relative, resolve, sep } from 'node:path';
import type { FunctionHost } from '../../core/hcl/function.ts';

/** Bytes of one file that a job file pulls in. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Files that one pattern looks at. */
const LISTED_MAX = 10_000;

/** @param now the time that `timestamp` answers [ms] */
export function functionHost(now: number): Omit<Required<FunctionHost>, 'bcrypt' | 'decodeYaml'> {
  return {
    now,
    readFile,
    fileExists: (path) => {
      try {
        return statSync(path).isFile();
      } catch {
        return false;
      }
    },
    listFiles,
    absolutePath: (path) => resolve(path),
    homeDirectory: homedir,
    hash: (algorithm, bytes) => createHash(algorithm).update(bytes).digest(),
    rsaDecrypt,
    uuid: randomUUID,
  };
}

type Problem = Readonly<{ problem: string }>;

function readFile(path: string): Readonly<{ text: string }> | Problem {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) {
      return { problem: `"${path}" is larger than ${FILE_BYTES_MAX / 1024 / 1024} MiB` };
    }
    const bytes = readFileSync(path);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { problem: `cannot read "${path}" as text: ${messageOf(error)}` };
  }
}

function listFiles(directory: string): readonly string[] | Problem {
  try {
    const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
    if (entries.length > LISTED_MAX) {
      return { problem: `"${directory}" holds more than ${LISTED_MAX} files` };
    }
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, resolve(entry.parentPath, entry.name)))
      .map((path) => path.split(sep).join('/'));
  } catch (error) {
    return { problem: `cannot list "${directory}": ${messageOf(error)}` };
  }
}

/**
 * The padding of PKCS #1 v1.5 is taken off here: Node refuses to, as servers must not tell of it.
 */
function rsaDecrypt(ciphertext: string, key: string): Readonly<{ text: string }> | Problem {
  try {
    const bytes = Buffer.from(ciphertext, 'base64');
    const padded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes);
    const end = padded.indexOf(0, 2);
    if (padded[0] !== 0 || padded[1] !== 2 || end < 10) {
      return { problem: 'cannot decrypt: this is no text encrypted for that key' };
    }
    return { text: padded.subarray(end + 1).toString('utf8') };
  } catch (error) {
    return { problem: `cannot decrypt: ${messageOf(error)}` };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
