import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthStatus } from '../model/health-check.ts';
import { aliasVerdict, type AliasedCheck } from './alias.ts';

const check = (status: HealthStatus, serviceId: string): AliasedCheck => ({
  type: 'tcp',
  name: `of ${serviceId}`,
  status,
  output: 'why',
  serviceId,
});

test('an alias is as healthy as its target', () => {
  const ok = check('passing', 'web');
  const bad = check('critical', 'web');
  const meh = check('warning', 'web');
  const other = check('critical', 'db');
  const node = check('critical', '');
  const rows: readonly (readonly [readonly (typeof ok)[], HealthStatus, RegExp])[] = [
    [[], 'passing', /^No checks found\.$/],
    [[ok], 'passing', /^All checks passing\.$/],
    [[ok, other], 'passing', /^All checks passing\.$/],
    [[meh, ok], 'warning', /^Aliased check "of web" failing: why$/],
    [[meh, bad], 'critical', /^Aliased check "of web" failing: why$/],
    [[ok, node], 'critical', /^Aliased check "of " failing: why$/],
  ];
  for (const [checks, status, output] of rows) {
    const verdict = aliasVerdict({ serviceId: 'web', isRegistered: true, checks });
    assert.equal(verdict.status, status);
    assert.match(verdict.output, output);
  }
});

test('an alias of nobody is critical, an alias of a node is not', () => {
  const nobody = aliasVerdict({ serviceId: 'web', isRegistered: false, checks: [] });
  assert.deepEqual(nobody, {
    status: 'critical',
    output: 'Service web could not be found on the node',
  });
  const node = { serviceId: '', isRegistered: false };
  assert.equal(aliasVerdict({ ...node, checks: [check('critical', 'web')] }).status, 'passing');
  assert.equal(aliasVerdict({ ...node, checks: [check('critical', '')] }).status, 'critical');
});

test('a reason is handed on by aliases as it is', () => {
  const far = {
    ...check('critical', 'web'),
    type: 'alias',
    output: 'Aliased check "x" failing: y',
  };
  const verdict = aliasVerdict({ serviceId: 'web', isRegistered: true, checks: [far] });
  assert.equal(verdict.output, far.output);
});
