import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal, parseOptions, parseSource } from './options.ts';
import { DEFAULT_OPTIONS, type RuleOptions } from './rule.ts';

const options: [text: string, want: Partial<RuleOptions> | string][] = [
  ['', {}],
  ['proto=https tlsskipverify=true', { proto: 'https', tlsSkipVerify: true }],
  ['proto=ws', { proto: 'http' }],
  ['proto=tcp pxyproto=true', { proto: 'tcp', proxyProtocol: true }],
  ['proto=ftp', 'proto "ftp" is none of http, https, tcp, tcp+sni'],
  ['proto=toString', 'proto "toString" is none of http, https, tcp, tcp+sni'],
  ['strip=/a prepend=/b', { strip: '/a', prepend: '/b' }],
  ['strip=a', 'strip "a" does not begin with a slash'],
  ['prepend=/č', 'prepend "/č" holds what no path may'],
  ['host=dst', { host: 'dst' }],
  ['host=a\r\nb', 'host "a\r\nb" is no host'],
  ['weight=0.25', { weight: 0.25 }],
  ['weight=-1', {}],
  ['weight=', 'weight "" is no number'],
  ['weight=x', 'weight "x" is no number'],
  ['redirect=301,https://x.com$path', { redirect: { status: 301, to: 'https://x.com$path' } }],
  ['redirect=301', { redirect: { status: 301, to: '' } }],
  ['redirect=200,/x', 'redirect "200,/x" is not CODE or CODE,URL'],
  ['redirect=301,javascript:x', 'redirect "301,javascript:x" is not CODE or CODE,URL'],
  ['auth=ops', { auth: 'ops' }],
  ['auth=', 'auth has no name'],
  ['sticky=lb', { sticky: 'lb' }],
  ['sticky=a;b', 'sticky "a;b" is no name of a cookie'],
  ['allow=ip:10.0.0.0/8,fe80::/10', { allow: ['10.0.0.0/8', 'fe80::/10'] }],
  ['deny=ip:x', 'deny "x" is no address or network'],
  ['register=name', {}],
  ['strp=/a', 'there is no option "strp"'],
  ['__proto__=x', 'there is no option "__proto__"'],
];
for (const [text, want] of options) {
  test(`"${text}" is ${JSON.stringify(want)}`, () => {
    const found = parseOptions(text === '' ? [] : text.split(' '));
    if (isRefusal(found)) assert.equal(found.refused, want);
    else assert.deepEqual(found, { ...DEFAULT_OPTIONS, ...(want as object) });
  });
}

const sources: [text: string, proto: RuleOptions['proto'], want: string][] = [
  ['/', 'http', '|/|0'],
  ['/a/b', 'https', '|/a/b|0'],
  ['Example.COM/A', 'http', 'example.com|/A|0'],
  ['*.example.com:8080/', 'http', '*.example.com:8080|/|0'],
  [':3306', 'tcp', '||3306'],
  ['db.example.com/', 'tcp+sni', 'db.example.com|/|0'],
  ['example.com', 'http', '"example.com" has no slash'],
  ['a b/', 'http', '"a b" is no host'],
  [':3306', 'http', 'the port :3306 needs proto=tcp'],
  [':0', 'tcp', '":0" is no port'],
  [':65536', 'tcp', '":65536" is no port'],
  ['/x', 'tcp', 'proto=tcp needs a port, not "/x"'],
  ['/x', 'tcp+sni', 'proto=tcp+sni needs a host'],
];
for (const [text, proto, want] of sources) {
  test(`the source "${text}" with proto=${proto} is ${want}`, () => {
    const found = parseSource(text, proto);
    const shown = isRefusal(found) ? found.refused : `${found.host}|${found.path}|${found.port}`;
    assert.equal(shown, want);
  });
}
