import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findUser } from './user.ts';

const root = mkdtempSync(join(tmpdir(), 'users-'));
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'etc'));
writeFileSync(
  join(root, 'etc/passwd'),
  'root:x:0:0:root:/root:/bin/bash\nweb:x:33:34::/srv:/bin/false\n77:x:5:5::/odd:\nbroken\n',
);
writeFileSync(join(root, 'etc/group'), 'root:x:0:\nweb:x:34:\nlog:x:9:web,root\nadm:x:4:web\n');

for (const [wanted, uid, gid, groups, home] of [
  ['web', 33, 34, [4, 9], '/srv'],
  ['web:log', 33, 9, [4, 9], '/srv'],
  ['33', 33, 34, [4, 9], '/srv'],
  // A name wins over a number.
  ['77', 5, 5, [], '/odd'],
  ['1234', 1234, 1234, [], '/'],
  ['1234:99', 1234, 99, [], '/'],
] as const) {
  test(`${wanted} is user ${uid} of group ${gid}`, () => {
    assert.deepEqual(findUser(wanted, root), { uid, gid, groups, home });
  });
}

for (const wanted of ['nobody', '', 'web:none', '-1', '4294967295', 'broken']) {
  test(`"${wanted}" is refused`, () => {
    assert.throws(() => findUser(wanted, root), { fault: 'invalid' });
  });
}
