/**
 * The repository reads itself: the rules of docs/STYLE.md that no other tool enforces. A broken rule
 * fails with the list of places, each a path and what is wrong there.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { test } from 'node:test';
import { transformSync } from 'esbuild';

const root = join(import.meta.dirname, '..');

const COLUMNS_MAX = 100;
const FILE_LINES_MAX = 500;

/** Recordings and pictures stay well below; what is larger does not belong into a repository. */
const BLOB_BYTES_MAX = 512 * 1024;

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const typescript = files.filter((file) => /^(src|test|bench|scripts)\/.*\.ts$/.test(file));
const sources = typescript.filter((file) => file.startsWith('src/'));
const documents = files.filter((file) => file.endsWith('.md'));

const texts = new Map<string, string>();
function read(file: string): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(join(root, file), 'utf8');
  texts.set(file, text);
  return text;
}

/** `path:line what` for each line of the files that `judge` has something to say about. */
function lines(
  of: readonly string[],
  judge: (line: string) => string | undefined | false,
): string[] {
  return of.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, i) => {
        const said = judge(line);
        return said === undefined || said === false ? [] : [`${file}:${i + 1} ${said}`];
      }),
  );
}

function none(broken: readonly string[]): void {
  if (broken.length > 0) assert.fail(`\n${broken.join('\n')}`);
}

test('lines fit in 100 columns', () => {
  // Text is not cut in two for it: what is searched for should be found.
  const literal =
    /'(\\.|[^'\\])*'|"(\\.|[^"\\])*"|`[^`]*(`|$)|\/(\\.|\[(\\.|[^\]\\])+\]|[^/\\*[])+\/[a-z]*/g;
  const address = /https?:\/\/\S+/g;
  const columns = (line: string): number =>
    /^\s*(\/?\*|\/\/)/.test(line)
      ? line.replaceAll(address, '').length
      : line.replaceAll(literal, "''").length;
  none(lines(sources, (line) => columns(line) > COLUMNS_MAX && `${columns(line)} columns`));
});

test('no file is longer than 500 lines', () => {
  none(
    typescript
      .map((file) => [file, read(file).trimEnd().split('\n').length] as const)
      .filter(([, count]) => count > FILE_LINES_MAX)
      .map(([file, count]) => `${file} ${count} lines`),
  );
});

test('files are named in kebab-case after what they hold', () => {
  const words = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const vague = /^(utils?|helpers?|common|types|misc|shared|lib)$/;
  none(
    typescript.filter((file) => {
      const parts = file.replace(/(\.(test|bench|fixture|d|golden))*\.ts$/, '').split('/');
      return parts.some((part) => !words.test(part) || vague.test(part) || part === 'index');
    }),
  );
});

test('nothing is exported by default, and nothing is a barrel', () => {
  none(lines(sources, (line) => /^export (default\b|\* from)/.test(line) && line));
});

test('nothing unfinished is marked as such', () => {
  // The brackets keep this line from finding itself.
  const mark = /\b(FIXM[E]|XX[X]|TOD[O])\b/;
  none(lines([...typescript, ...documents], (line) => mark.test(line) && line.trim()));
});

test('nothing names a place on the machine where it was written', () => {
  const place = /(?<![\w.$}*-])\/(home|work|Users)\/\w/;
  const texts = files.filter((file) => /\.(ts|mjs|cjs|js|json|md|sh|hcl|txt)$|^bin\//.test(file));
  const own = texts.filter((file) => file !== 'package-lock.json');
  none(lines(own, (line) => place.test(line) && line.trim()));
});

test('nothing large is kept', () => {
  none(
    files
      .map((file) => [file, statSync(join(root, file)).size] as const)
      .filter(([file, bytes]) => bytes > BLOB_BYTES_MAX && file !== 'package-lock.json')
      .map(([file, bytes]) => `${file} ${bytes} bytes`),
  );
});

test('each file of the core has a test', () => {
  const core = sources.filter((file) => file.startsWith('src/core/'));
  const isTest = (file: string): boolean => file.endsWith('.test.ts');
  const tested = new Set(typescript.filter(isTest).flatMap((file) => importsOf(file)));
  none(
    core.filter((file) => {
      if (/\.(test|bench|fixture)\.ts$/.test(file) || tested.has(file)) return false;
      return !core.includes(file.replace(/\.ts$/, '.test.ts')) && !isInert(file);
    }),
  );
});

test('each cited invariant is written down beside, or in what the file imports', () => {
  // A comment's line that starts with its name and a colon writes one down; a name in parentheses,
  // or at the start of a test's title, cites it.
  const written = (file: string): string[] =>
    [...read(file).matchAll(/^\s*(?:\/?\*+|\/\/)\s*([A-Z]\d{1,2}): /gm)].map((m) => m[1] ?? '');
  const product = new Set(['V8', 'S3']);
  const broken = typescript.flatMap((file) => {
    const inComments = commentsOf(file).matchAll(/\(((?:[A-Z]\d{1,2}(?:, )?)+)\)/g);
    const inTitles = read(file).matchAll(/test\(\s*['"`]([A-Z]\d{1,2}): /g);
    const cited = [...inComments, ...inTitles].flatMap((m) => (m[1] ?? '').split(', '));
    if (cited.length === 0) return [];
    const beside = typescript.filter((other) => dirname(other) === dirname(file));
    const known = new Set([...beside, ...importsOf(file)].flatMap(written));
    const unknown = new Set(cited.filter((name) => !known.has(name) && !product.has(name)));
    return [...unknown].map((name) => `${file} cites ${name}`);
  });
  none(broken);
});

test('decisions are numbered once, without gaps, and say all four things', () => {
  const adrs = files.filter((file) => file.startsWith('docs/adr/')).sort();
  const numbers = adrs.map((file) => Number(basename(file).slice(0, 4)));
  assert.deepEqual(
    numbers,
    adrs.map((_, i) => i + 1),
  );
  const headings = ['## Context', '## Decision', '## Consequences', '## Rejected'];
  none(
    adrs.flatMap((file) =>
      headings
        .filter((heading) => !read(file).includes(`\n${heading}\n`))
        .map((heading) => `${file} lacks "${heading}"`),
    ),
  );
});

test('each runtime dependency is explained, and each explained one is used', () => {
  const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const declared = Object.keys(manifest.dependencies).sort();
  const explained = dependencyRows().map(({ name }) => name);
  assert.deepEqual(explained.sort(), declared);
  none(declared.filter((name) => !/^\d/.test(manifest.dependencies[name] ?? '')));
});

test('the libraries that pure code may use are those marked pure', () => {
  const config = read('.dependency-cruiser.cjs');
  const allowed = (/pureLibraries = '([^']+)'/.exec(config)?.[1] ?? '').split('|');
  const rows = dependencyRows();
  const marked = rows.filter(({ pure }) => pure).map(({ name }) => name);
  const installed = rows.filter(({ name }) => allowed.includes(name)).map(({ name }) => name);
  assert.deepEqual(marked.sort(), installed.sort());
});

test('the layer table of the documents is the one that is enforced', () => {
  const config = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as {
    forbidden: readonly { name: string }[];
  };
  const enforced = config.forbidden.flatMap(({ name }) => /^layer-(.+)/.exec(name)?.[1] ?? []);
  const table = read('docs/ARCHITECTURE.md').match(/^\| `[^|]+\|/gm) ?? [];
  const documented = table.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map((m) => m[1] ?? ''));
  const wiring = ['compose', 'main'];
  assert.deepEqual(documented.filter((layer) => !wiring.includes(layer)).sort(), enforced.sort());
});

test('links between the documents lead somewhere', () => {
  none(
    documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((m) => m[1] ?? '')
        .filter((target) => !existsSync(join(root, dirname(file), target)))
        .map((target) => `${file} -> ${target}`),
    ),
  );
});

test('the files and folders that the documents name are there', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const top = [...folders, 'src', 'docs', 'test', 'bench', 'scripts', 'bin', 'examples', '\\.ci'];
  const named = new RegExp(`\`((?:${top.join('|')})/[^\`\\s]*(?:/|\\.\\w+))\``, 'g');
  // A part in angle brackets or capitals stands for a name, a star for any.
  const isPattern = (path: string): boolean => /[<>*]|\/[A-Z]+\./.test(path);
  none(
    documents.flatMap((file) =>
      [...read(file).matchAll(named)]
        .map((m) => m[1] ?? '')
        .filter((path) => !isPattern(path))
        .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)))
        .map((path) => `${file} names ${path}`),
    ),
  );
});

test('what the acceptance list names stands once', () => {
  const names = read('.ci/acceptance')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(names, [...new Set(names)]);
});

test('each folder of src is a layer', () => {
  const table = read('docs/ARCHITECTURE.md');
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true });
  none(
    folders
      .filter((entry) => entry.isDirectory() && !table.includes(`\`${entry.name}\``))
      .map(({ name }) => `src/${name}`),
  );
});

/** The files of the repository that a file imports by a relative path. */
function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
    .map((m) => join(dirname(file), m[1] ?? ''))
    .filter((path) => extname(path) === '.ts' && existsSync(join(root, path)));
}

/** The lines of comments of a file, and what stands behind code. */
function commentsOf(file: string): string {
  return (read(file).match(/^\s*\/?\*.*$|(?:^|\s)\/\/ .*$/gm) ?? []).join('\n');
}

/** Whether the file holds types and constants only: without a function there is nothing to try. */
function isInert(file: string): boolean {
  const { code } = transformSync(read(file), { loader: 'ts', logLevel: 'silent' });
  return !/=>|\bfunction\b|\bclass\b|\b(get|set)? ?\w+\([^)]*\) \{/.test(code);
}

/** The rows of the table in docs/dependencies.md: `| name | pure or empty | ...`. */
function dependencyRows(): { name: string; pure: boolean }[] {
  return [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| (pure)? *\|/gm)].map((m) => ({
    name: m[1] ?? '',
    pure: m[2] === 'pure',
  }));
}
