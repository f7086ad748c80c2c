import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeMemberTls } from './member-tls.ts';

test('C1: certificates made apart from the same key trust each other, others do not', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  try {
    const [a, b, other] = await Promise.all([
      makeMemberTls(join(dir, 'a'), 'the key', '127.0.0.1'),
      makeMemberTls(join(dir, 'b'), 'the key', 'etcd.example'),
      makeMemberTls(join(dir, 'c'), 'another key', '127.0.0.1'),
    ]);
    const [cert, authority] = [new X509Certificate(b.cert), new X509Certificate(a.ca)];
    assert.ok(cert.checkIssued(authority) && cert.verify(authority.publicKey));
    assert.ok(!cert.verify(new X509Certificate(other.ca).publicKey));
    assert.equal(cert.checkHost('etcd.example'), 'etcd.example');
    assert.equal(new X509Certificate(a.cert).checkIP('127.0.0.1'), '127.0.0.1');
    assert.deepEqual(readFileSync(a.keyFile), a.key);
    assert.equal(statSync(a.keyFile).mode & 0o777, 0o600);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
