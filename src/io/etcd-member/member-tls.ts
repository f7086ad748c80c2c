/**
 * Certificates for the etcd members that servers manage, from the key that the cluster shares.
 *
 * C1: every server makes the same authority out of the same key, so that none has to be handed
 *     round; who holds the key can be a member and ask members, and nobody else.
 * C2: the key cannot be told from the authority's certificate: it goes through a one-way function.
 */
import 'reflect-metadata';
import {
  createECDH,
  createPrivateKey,
  hkdfSync,
  randomBytes,
  webcrypto,
  type KeyObject,
} from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509';
import type { EtcdTls } from '../etcd/connection.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const AUTHORITY = 'CN=muster etcd authority';

/** Clocks may be wrong by years, and the key's change is what ends a certificate. */
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z');
const NOT_AFTER = new Date('2070-01-01T00:00:00Z');

/** Files in PEM form, for etcd, and what they hold, for our client. */
export interface MemberTls extends Required<EtcdTls> {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Makes the authority and this member's certificate, and writes them to `dir`.
 *
 * @param secret the cluster's key, as the configuration has it; not empty
 * @param host where the member is reached
 */
export async function makeMemberTls(dir: string, secret: string, host: string): Promise<MemberTls> {
  // The library's types name the browser's interface; Node's is the same.
  cryptoProvider.set(webcrypto as never);
  const { subtle } = webcrypto;
  const authority = await importPair(authorityKey(secret));
  const ca = await X509CertificateGenerator.createSelfSigned(
    {
      ...{ serialNumber: '01', name: AUTHORITY, notBefore: NOT_BEFORE, notAfter: NOT_AFTER },
      signingAlgorithm: ALGORITHM,
      keys: authority,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto as never,
  );
  const own = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const member = await X509CertificateGenerator.create(
    {
      serialNumber: randomBytes(16).toString('hex').replace(/^./, '4'),
      ...{ subject: 'CN=muster etcd member', issuer: AUTHORITY },
      ...{ notBefore: NOT_BEFORE, notAfter: NOT_AFTER, signingAlgorithm: ALGORITHM },
      publicKey: own.publicKey as never,
      signingKey: authority.privateKey,
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([{ type: isIP(host) ? 'ip' : 'dns', value: host }]),
      ],
    },
    webcrypto as never,
  );
  const key = createPrivateKey({
    key: Buffer.from(await subtle.exportKey('pkcs8', own.privateKey)),
    ...{ format: 'der', type: 'pkcs8' },
  }).export({ format: 'pem', type: 'pkcs8' });
  return keep(dir, { ca: ca.toString('pem'), cert: member.toString('pem'), key: String(key) });
}

function keep(dir: string, pem: { ca: string; cert: string; key: string }): MemberTls {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): string => {
    const file = join(dir, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    ca: Buffer.from(pem.ca),
    cert: Buffer.from(pem.cert),
    key: Buffer.from(pem.key),
    caFile: write('ca.pem', pem.ca),
    certFile: write('cert.pem', pem.cert),
    keyFile: write('key.pem', pem.key),
  };
}

/** Any 256 bits but a handful are a private key of P-256; the counter is for that handful (C2). */
function authorityKey(secret: string): KeyObject {
  for (let attempt = 0; ; attempt++) {
    const info = `muster etcd authority ${attempt}`;
    const scalar = Buffer.from(hkdfSync('sha256', secret, '', info, 32));
    const curve = createECDH('prime256v1');
    try {
      curve.setPrivateKey(scalar);
    } catch {
      continue;
    }
    const point = curve.getPublicKey();
    const base64 = (bytes: Buffer): string => bytes.toString('base64url');
    return createPrivateKey({
      format: 'jwk',
      key: {
        ...{ kty: 'EC', crv: 'P-256', d: base64(scalar) },
        ...{ x: base64(point.subarray(1, 33)), y: base64(point.subarray(33)) },
      },
    });
  }
}

async function importPair(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const jwk = key.export({ format: 'jwk' });
  const open = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y } as webcrypto.JsonWebKey;
  return {
    privateKey: await subtle.importKey('jwk', jwk as webcrypto.JsonWebKey, ALGORITHM, true, [
      'sign',
    ]),
    publicKey: await subtle.importKey('jwk', open, ALGORITHM, true, ['verify']),
  };
}
