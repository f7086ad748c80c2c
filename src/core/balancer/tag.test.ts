import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal } from './options.ts';
import { DEFAULT_OPTIONS, sourceText } from './rule.ts';
import { parseTag } from './tag.ts';

const reads: [tag: string, source: string, options: object][] = [
  ['urlprefix-/css', '/css', {}],
  ['urlprefix-i.com/static', 'i.com/static', {}],
  ['urlprefix-MySite.com/', 'mysite.com/', {}],
  ['urlprefix-*.mysite.com/x', '*.mysite.com/x', {}],
  ['urlprefix-:3306 proto=tcp', ':3306', { proto: 'tcp' }],
  ['urlprefix-db.com/ proto=tcp+sni', 'db.com/', { proto: 'tcp+sni' }],
  ['urlprefix-/foo/bar strip=/foo', '/foo/bar', { strip: '/foo' }],
  ['urlprefix-/bar  prepend=/foo weight=0.25', '/bar', { prepend: '/foo', weight: 0.25 }],
  ['urlprefix-/s proto=https tlsskipverify=true', '/s', { proto: 'https', tlsSkipVerify: true }],
  ['urlprefix-/p host=dst auth=ops', '/p', { host: 'dst', auth: 'ops' }],
  ['urlprefix-/p weight=-1', '/p', {}],
  [
    'urlprefix-/r redirect=301,https://x.com$path',
    '/r',
    { redirect: { status: 301, to: 'https://x.com$path' } },
  ],
  ['urlprefix-/a allow=ip:10.0.0.0/8,ip:fe80::/10', '/a', { allow: ['10.0.0.0/8', 'fe80::/10'] }],
];
for (const [tag, source, options] of reads) {
  test(`"${tag}" is read`, () => {
    const route = parseTag(tag, 'urlprefix-');
    assert.ok(route !== undefined && !isRefusal(route));
    assert.equal(sourceText(route.source), source);
    assert.deepEqual(route.options, { ...DEFAULT_OPTIONS, ...options });
  });
}

const refused: [tag: string, says: RegExp][] = [
  ['urlprefix-', /no slash/],
  ['urlprefix-foo', /no slash/],
  ['urlprefix-:99999 proto=tcp', /no port/],
  ['urlprefix-:80', /needs proto=tcp/],
  ['urlprefix-/x proto=tcp', /needs a port/],
  ['urlprefix-/x proto=ftp', /none of http/],
  ['urlprefix-/x strp=/x', /no option "strp"/],
  ['urlprefix-/x __proto__=1', /no option/],
  ['urlprefix-/x strip=x', /slash/],
  ['urlprefix-/x weight=heavy', /no number/],
  ['urlprefix-/x redirect=200,https://x', /redirect/],
  ['urlprefix-/x redirect=301', /needs an address/],
  ['urlprefix-/x allow=ip:10.0.0.0/99', /no address or network/],
  ['urlprefix-a b/x', /no option "b\/x"/],
  [`urlprefix-/${'x'.repeat(5000)}`, /longer/],
];
for (const [tag, says] of refused) {
  test(`"${tag.slice(0, 40)}" is refused`, () => {
    const route = parseTag(tag, 'urlprefix-');
    assert.ok(route !== undefined && isRefusal(route));
    assert.match(route.refused, says);
  });
}

test('other tags are not for the balancer', () => {
  assert.equal(parseTag('v1', 'urlprefix-'), undefined);
});
