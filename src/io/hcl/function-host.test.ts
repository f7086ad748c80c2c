import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { functionHost } from './function-host.ts';

const directory = mkdtempSync(join(tmpdir(), 'muster-functions-'));
after(() => {
  rmSync(directory, { recursive: true });
});
const host = functionHost(0);

test('files are read and listed', () => {
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, 'a.txt'), 'hello');
  writeFileSync(join(directory, 'sub', 'b.txt'), '');
  assert.deepEqual(host.readFile(join(directory, 'a.txt')), { text: 'hello' });
  assert.deepEqual([...(host.listFiles(directory) as string[])].sort(), ['a.txt', 'sub/b.txt']);
  assert.equal(host.fileExists(join(directory, 'a.txt')), true);
  assert.equal(host.fileExists(directory), false);
});

test('F1: what is too large, absent or no text is told', () => {
  const large = join(directory, 'large');
  writeFileSync(large, '');
  truncateSync(large, 5 * 1024 * 1024);
  writeFileSync(join(directory, 'binary'), Buffer.from([0xff]));
  for (const name of ['large', 'none', 'binary']) {
    assert.ok('problem' in host.readFile(join(directory, name)), name);
  }
  assert.ok('problem' in host.listFiles(join(directory, 'none')));
});

test('what was encrypted for a key is decrypted with it', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const padding = constants.RSA_PKCS1_PADDING;
  const cipher = publicEncrypt({ key: publicKey, padding }, Buffer.from('secret')).toString(
    'base64',
  );
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.deepEqual(host.rsaDecrypt(cipher, pem), { text: 'secret' });
  assert.ok('problem' in host.rsaDecrypt('AAAA', pem));
});
