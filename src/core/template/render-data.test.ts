import assert from 'node:assert/strict';
import test from 'node:test';
import { renderData } from './render-data.ts';

const JOBS = [
  { ID: 'web', Priority: 50, Meta: { team: 'a' } },
  { ID: 'db', Priority: 70, Meta: null },
];

test('templates over data', () => {
  const rows: readonly (readonly [template: string, data: unknown, expected: string | RegExp])[] = [
    ['{{range .}}{{.ID}} {{end}}', JOBS, 'web db '],
    ['{{range .}}{{if gt .Priority 60}}{{.ID}}{{end}}{{end}}', JOBS, 'db'],
    ['{{(index . 0).Meta.team | toUpper}} {{len .}}', JOBS, 'A 2'],
    ['{{printf "%s %d" .ID .Priority}}', JOBS[0], 'web 50'],
    ['{{.Nam}}', JOBS[0], /format:1:2: .*Nam/],
    ['{{key "x"}}', JOBS, /function "key" not defined/],
    ['{{range .}', JOBS, /format:1/],
  ];
  for (const [template, data, expected] of rows) {
    const answer = renderData(template, data, 0);
    if (typeof expected === 'string') assert.deepEqual(answer, { text: expected }, template);
    else assert.match('problem' in answer ? answer.problem : answer.text, expected, template);
  }
});
