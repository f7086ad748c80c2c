import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorised } from './auth.ts';
import { replyHeaders, requestHeaders } from './headers.ts';
import { offer } from './offer.fixture.ts';
import {
  mayRetry,
  pathTowards,
  redirectReply,
  wanted,
  type AttemptFault,
  type Attempts,
  type RequestHead,
} from './request.ts';
import type { Rule, Target } from './rule.ts';
import { stickyCookie, stuckTo } from './sticky.ts';
import { buildTable } from './table.ts';

const head: RequestHead = {
  method: 'GET',
  target: '/',
  headers: ['Host', 'X.com:80'],
  remoteAddress: '1.2.3.4',
  localPort: 9999,
  secure: false,
  version: '1.1',
  upgrade: false,
};

const targets: [target: string, want: string | undefined][] = [
  ['/a/b?x=/../y', 'x.com:80 /a/b ?x=/../y'],
  ['http://other.com/a?b', 'other.com /a ?b'],
  ['http://other.com', 'other.com / '],
  ['/a/./b', undefined],
  ['/a/..', undefined],
  ['/a/%2e%2E/b', undefined],
  ['/a/%2e%2e%2fb', undefined],
  ['/a/...', 'x.com:80 /a/... '],
  ['/.well-known/x', 'x.com:80 /.well-known/x '],
  ['*', undefined],
  ['nothing', undefined],
  ['/a#b', undefined],
];
for (const [target, want] of targets) {
  test(`R1: ${target} is ${want ?? 'refused'}`, () => {
    const found = wanted({ ...head, target });
    assert.equal(found && `${found.host} ${found.path} ${found.query}`, want);
  });
}

test('R1: two hosts, and what is no host, are refused', () => {
  assert.equal(wanted({ ...head, headers: ['Host', 'a', 'host', 'b'] }), undefined);
  assert.equal(wanted({ ...head, headers: ['Host', 'a/b'] }), undefined);
  assert.equal(wanted({ ...head, method: 'OPTIONS', target: '*' })?.path, '/');
});

function ruleOf(text: string): Rule {
  const [rule] = buildTable([offer(text), offer(text, 'web', 8002)]).rules;
  assert.ok(rule !== undefined);
  return rule;
}
function targetOf(text: string): Target {
  const [target] = ruleOf(text).targets;
  assert.ok(target !== undefined);
  return target;
}

const paths: [options: string, path: string, want: string][] = [
  ['/foo', '/foo/bar', '/foo/bar?q'],
  ['/foo strip=/foo', '/foo/bar', '/bar?q'],
  ['/foo strip=/foo', '/foo', '/?q'],
  ['/foo strip=/foo', '/foobar', '/bar?q'],
  ['/bar prepend=/foo', '/bar', '/foo/bar?q'],
  ['/foo strip=/foo prepend=/baz', '/foo/bar', '/baz/bar?q'],
];
for (const [options, path, want] of paths) {
  test(`"${options}": ${path} becomes ${want}`, () => {
    assert.equal(pathTowards(targetOf(options), { host: '', path, query: '?q' }), want);
  });
}

test('a redirect may carry the path', () => {
  const target = targetOf('/r redirect=303,https://y.com$path strip=/r');
  const reply = redirectReply(target, { host: '', path: '/r/$&', query: '?a' });
  assert.deepEqual([reply?.status, reply?.headers['location']], [303, 'https://y.com/$&?a']);
  assert.equal(redirectReply(targetOf('/r'), { host: '', path: '/r', query: '' }), undefined);
});

test('H1, H2: what is of one connection stays; where a caller comes from is ours to say', () => {
  const headers = [
    ...['Host', 'x.com', 'Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Keep-Alive', '5'],
    ...['Transfer-Encoding', 'chunked', 'X-Real-Ip', '9.9.9.9', 'X-Forwarded-For', '8.8.8.8'],
    ...['X-Forwarded-Proto', 'https', 'Accept', '*/*', 'Cookie', 'a', 'Cookie', 'b'],
  ];
  const asked = { host: 'x.com', path: '/', query: '' };
  const towards = { target: targetOf('/'), asked, trusted: false };
  assert.deepEqual(requestHeaders({ ...head, headers }, towards), [
    ...['Host', 'x.com', 'Accept', '*/*', 'Cookie', 'a', 'Cookie', 'b'],
    ...['X-Forwarded-For', '8.8.8.8, 1.2.3.4', 'Forwarded', 'for=1.2.3.4;proto=http'],
    ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'x.com', 'X-Forwarded-Port', '9999'],
    ...['X-Real-Ip', '1.2.3.4'],
  ]);
  const trusted = requestHeaders({ ...head, headers }, { ...towards, trusted: true });
  assert.equal(trusted[trusted.indexOf('X-Forwarded-Proto') + 1], 'https');
  assert.equal(trusted[trusted.indexOf('X-Real-Ip') + 1], '9.9.9.9');
  const toDst = requestHeaders(
    { ...head, headers },
    { ...towards, target: targetOf('/ host=dst') },
  );
  assert.deepEqual(toDst.slice(0, 2), ['Host', '10.0.0.1:8001']);
  assert.deepEqual(replyHeaders(['Connection', 'X-A', 'X-A', '1', 'ETag', 'e']), ['ETag', 'e']);
});

const fresh: Attempts = { sent: 0, refused: 0, bodyRead: false };
const retries: [AttemptFault, method: string, attempts: Partial<Attempts>, want: boolean][] = [
  ['connect', 'POST', {}, true],
  ['connect', 'PUT', { bodyRead: true }, false],
  ['connect', 'GET', { refused: 9 }, true],
  ['connect', 'GET', { refused: 10 }, false],
  ['broken', 'GET', { sent: 1 }, true],
  ['broken', 'GET', { sent: 4, refused: 9 }, true],
  ['broken', 'GET', { sent: 5 }, false],
  ['broken', 'POST', { sent: 1 }, false],
  ['broken', 'PATCH', { sent: 1 }, false],
  ['broken', 'PUT', { sent: 1 }, true],
  ['broken', 'PUT', { sent: 1, bodyRead: true }, false],
  ['stale', 'DELETE', { sent: 1 }, true],
  ['stale', 'POST', { sent: 1 }, false],
  ['left', 'GET', { sent: 1 }, true],
  ['left', 'POST', { sent: 1 }, false],
  ['timeout', 'GET', { sent: 1 }, false],
  ['malformed', 'GET', { sent: 1 }, false],
];
for (const [fault, method, attempts, want] of retries) {
  test(`${method} after ${fault} ${JSON.stringify(attempts)}: another try is ${want}`, () => {
    assert.equal(mayRetry(fault, method, { ...fresh, ...attempts }), want);
  });
}

test('a cookie leads back to its target, as long as that is there', () => {
  const rule = ruleOf('/ sticky=lb');
  for (const target of rule.targets) {
    const cookie = stickyCookie(target, 'lb', true).split(';')[0] ?? '';
    assert.equal(stuckTo(rule, 'lb', ['Cookie', `a=b; ${cookie}`])?.id, target.id);
  }
  assert.equal(stuckTo(rule, 'lb', ['Cookie', 'lb=ffff']), undefined);
});

const scheme = { realm: 'ops', users: { ann: 'se:cret' } };
const auths: [header: string, status: number | undefined][] = [
  [`Basic ${btoa('ann:se:cret')}`, undefined],
  [`Basic ${btoa('ann:secret')}`, 401],
  [`Basic ${btoa('ann')}`, 401],
  [`Basic ${btoa('bob:')}`, 401],
  [`Basic ${btoa('__proto__:x')}`, 401],
  ['Basic %%%', 401],
  ['Bearer x', 401],
];
for (const [header, status] of auths) {
  test(`authorization "${header}" answers ${status ?? 'nothing'}`, () => {
    assert.equal(authorised(['Authorization', header], scheme)?.status, status);
  });
}

test('a scheme that is not configured lets nobody pass', () => {
  assert.equal(authorised([], undefined)?.status, 403);
});
