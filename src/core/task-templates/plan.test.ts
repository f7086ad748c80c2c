import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEMPLATE_POLICY } from './template-policy.ts';
import type { Template } from '../model/task.ts';
import { actionsFor, planTemplate, type PlannedTemplate, type TaskPlaces } from './plan.ts';

const policy = TEMPLATE_POLICY;
const PLACES: TaskPlaces = {
  task: 'web',
  taskDir: '/d/alloc/1/web',
  sharedDir: '/d/alloc/1/alloc',
  isolated: false,
  lookup: (name) => (name === 'NOMAD_SECRETS_DIR' ? '/d/alloc/1/web/secrets' : undefined),
};

function templateOf(more: Partial<Template> = {}): Template {
  return {
    ...{ sourcePath: '', destPath: 'local/a', embeddedTemplate: '', changeMode: 'restart' },
    ...{ changeSignal: '', splayMs: 0, perms: '0640', leftDelimiter: '', rightDelimiter: '' },
    ...{ env: false, vaultGraceMs: 0, errorOnMissingKey: false },
    ...more,
  };
}

function planned(more: Partial<Template> = {}, text = 'x'): PlannedTemplate {
  const plan = planTemplate(templateOf(more), { text, policy }, PLACES);
  assert.ok(!('mistake' in plan), JSON.stringify(plan));
  return plan;
}

test('where a template goes, and with which permissions', () => {
  const rows: readonly (readonly [string, boolean, string | undefined])[] = [
    ['local/a', false, 'web/local/a'],
    ['./secrets/../local/a', false, 'web/./secrets/../local/a'],
    ['${NOMAD_SECRETS_DIR}/k', false, 'web/secrets/k'],
    ['/d/alloc/1/alloc/data/x', false, 'alloc/data/x'],
    ['/secrets/k', true, 'web/secrets/k'],
    ['/alloc/data/x', true, 'alloc/data/x'],
    ['/etc/passwd', false, undefined],
    ['../../x', false, undefined],
    ['../other/local/x', false, undefined],
  ];
  for (const [destPath, isolated, path] of rows) {
    const plan = planTemplate(
      templateOf({ destPath }),
      { text: 'x', policy },
      { ...PLACES, isolated },
    );
    assert.equal('path' in plan ? plan.path : undefined, path, destPath);
  }
  assert.equal(planned().mode, 0o640);
});

test('a template that is none, or a change that cannot be, is said', () => {
  const broken = planTemplate(templateOf(), { text: '{{ if }}', policy }, PLACES);
  assert.ok('mistake' in broken && broken.mistake.includes('local/a'));
  const script = planTemplate(
    templateOf({ changeMode: 'script', changeScript: {} }),
    { text: '', policy },
    PLACES,
  );
  assert.ok('mistake' in script && script.mistake.includes('command'));
});

test('what follows when several files changed at once', () => {
  const restart = planned();
  const noop = planned({ changeMode: 'noop' });
  const hup = planned({ changeMode: 'signal' });
  const usr = planned({ changeMode: 'signal', changeSignal: 'SIGUSR1' });
  const kinds = (...of: PlannedTemplate[]): string =>
    actionsFor(of)
      .map((each) => (each.do === 'signal' ? each.signal : each.do))
      .join(' ');
  assert.equal(kinds(noop), '');
  assert.equal(kinds(hup, noop, hup, usr), 'SIGHUP SIGUSR1');
  assert.equal(kinds(hup, restart, restart), 'restart');
});
