import assert from 'node:assert/strict';
import test from 'node:test';
import { checkRows, evaluateText } from '../evaluating.fixture.ts';
import { FILE } from './file.ts';

test('functions of paths and files', () => {
  checkRows(FILE, [
    [
      '[basename("/a/b.c"), dirname("/a/b.c"), pathexpand("~/x"), abspath("y")]',
      '["b.c","/a","/h/x","/cwd/y"]',
    ],
    [
      '[file("a.txt"), fileexists("zz"), fileset(".", "**/*.{txt,md}")]',
      '["hello",false,["a.txt","b/c.txt"]]',
    ],
    ['templatefile("t.tpl", {name = "Bo", list = [1, 2]})', '"Hi Bo, 1, 2"'],
    [
      'file("none")',
      'x:1,6-12: Invalid function argument; Invalid value for "path" parameter: no file exists at',
    ],
    ['[basename(""), basename("/"), dirname("a"), dirname("/a/../b/c")]', '[".","/",".","/b"]'],
    [
      '[fileset(".", "*"), fileset(".", "b/[cd].*"), fileset(".", "**")]',
      '[["a.txt"],["b/c.txt","b/d.json"],["a.txt","b/c.txt","b/d.json"]]',
    ],
    [
      'templatefile("t.tpl", {name = "x"})',
      'x:1,1-36: Error in function call; Call to function "templatefile" failed: t.tpl:1: ',
    ],
  ]);
});

test('without a host there are no files', () => {
  assert.match(evaluateText('file("a.txt")', FILE, {}), /files cannot be read here/);
});
