import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { cpuMs } from '../../../test/cpu-time.ts';
import { formatDiagnostic } from '../hcl/diagnostic.ts';
import { Source } from '../hcl/source.ts';
import { encodeJobDraft } from '../../api/nomad/job-codec.ts';
import { draftOf, mistakesIn } from './job-text.fixture.ts';
import { parseJobFile } from './parse-job.ts';

const PAIRS = join(process.cwd(), '../shared/conformance/jobspecs');

/** The same place and headline, and every name that the other quotes. */
function agrees(ours: string, theirs: string): boolean {
  const headline = theirs.slice(0, theirs.indexOf(';') + 1);
  const quoted = theirs.match(/"[^"]*"/g) ?? [];
  return ours.startsWith(headline) && quoted.every((name) => ours.includes(name));
}

test(
  'each job file of the conformance data gives the same API form, or names the same mistakes',
  { skip: existsSync(PAIRS) ? false : 'the conformance data is not here' },
  () => {
    for (const file of readdirSync(PAIRS).filter((name) => name.endsWith('.hcl'))) {
      const source = new Source(file, readFileSync(join(PAIRS, file), 'utf8'));
      const result = parseJobFile(source);
      const base = join(PAIRS, file.slice(0, -'.hcl'.length));
      if (existsSync(`${base}.err`)) {
        assert.ok(!('job' in result), `${file} is to be refused`);
        const lines = readFileSync(`${base}.err`, 'utf8').split('\n').filter(Boolean);
        const told = result.map(formatDiagnostic);
        // One mistake that was told twice is told once here.
        assert.equal(told.length, new Set(lines).size, `${file}: ${told.join('\n')}`);
        for (const line of lines)
          assert.ok(
            told.some((ours) => agrees(ours, line)),
            line,
          );
        continue;
      }
      assert.ok(
        'job' in result,
        `${file}: ${'job' in result ? '' : result.map(formatDiagnostic).join('\n')}`,
      );
      const wanted = JSON.parse(readFileSync(`${base}.json`, 'utf8')) as { Job: unknown };
      assert.deepEqual(JSON.parse(JSON.stringify(encodeJobDraft(result.job))), wanted.Job, file);
    }
  },
);

test('what only the client knows stays as it was written', () => {
  const job = draftOf(`job "x" {
    group "g" {
      task "t" {
        env {
          A = "\${NOMAD_PORT_http} \${attr.kernel.name} \${meta["a b"]}"
          B = "\${env["HOME"]}/\${node.unique.id}"
          C = attr.cpu.arch
        }
      }
    }
  }`);
  assert.deepEqual(job.groups?.[0]?.tasks?.[0]?.env, {
    A: '${NOMAD_PORT_http} ${attr.kernel.name} ${meta["a b"]}',
    B: '${env["HOME"]}/${node.unique.id}',
    C: '${attr.cpu.arch}',
  });
});

test('a name that is nearly ours is taken, with a warning', () => {
  const result = parseJobFile(new Source('x.hcl', 'job "x" { name = "${vars.a}" }'));
  assert.ok('job' in result);
  assert.equal(result.job.name, '${vars.a}');
  assert.match(
    result.warnings.map(formatDiagnostic).join(),
    /^x.hcl:1,21-27: Unknown name; .*Did you mean "var"\?/,
  );
});

test('older and newer spellings are taken', () => {
  const job = draftOf(`job "x" {
    meta = { a = 1 }
    group "g" {
      count = "5"
      restart { attempts = 1 }
      task "t" {
        resources {
          network {
            mbits         = 1
            dynamic_ports = ["http", "https"]
          }
        }
        config {
          port_map { http = 80 }
        }
      }
      dynamic "service" {
        for_each = ["a", "b"]
        labels   = []
        content { name = service.value }
      }
    }
  }`);
  const group = job.groups?.[0];
  assert.deepEqual(job.meta, { a: '1' });
  assert.equal(group?.count, 5);
  assert.deepEqual(group.tasks?.[0]?.resources?.networks, [
    { mbits: 1, dynamicPorts: [{ label: 'http' }, { label: 'https' }] },
  ]);
  assert.deepEqual(group.tasks[0].config, { port_map: [{ http: 80 }] });
  assert.deepEqual(
    group.services?.map((service) => service.name),
    ['a', 'b'],
  );
});

test('mistakes of many kinds are told together, each where it is', () => {
  const text = `job "x" {
  gruop "g" {}
  priority = "high"
  group "g" {
    cuont = 3
    restart { interval = "10" }
    network {
      port {}
    }
    task {
    }
  }
}`;
  assert.deepEqual(mistakesIn(text), [
    'x.hcl:2,3-8: Unsupported block type; Blocks of type "gruop" are not expected here. Did you mean "group"?',
    'x.hcl:3,15-19: Unsuitable value type; Unsuitable value: a number is required',
    'x.hcl:5,5-10: Unsupported argument; An argument named "cuont" is not expected here. Did you mean "count"?',
    'x.hcl:6,27-29: Unsuitable value type; Unsuitable duration value: time: missing unit in duration "10"',
    'x.hcl:8,12-13: Missing name for port; All port blocks must have 1 labels (name).',
    'x.hcl:10,10-11: Missing name for task; All task blocks must have 1 labels (name).',
  ]);
});

test('a file holds one job', () => {
  assert.match(mistakesIn('').join(), /^x.hcl:1,1-1: Missing job block/);
  assert.deepEqual(mistakesIn('job "a" {}\njob "b" {}'), [
    'x.hcl:2,1-8: Duplicate job block; Only one job block is allowed. Another was defined at x.hcl:1,1-8.',
  ]);
});

test('L1: hostile job files get an error in time', () => {
  const chain = (count: number, wrap: (previous: string) => string): string => {
    const lines = Array.from({ length: count }, (_, i) => `l${i + 1} = ${wrap(`local.l${i}`)}`);
    const job = `job "x" { meta = { a = jsonencode(local.l${count}) } }`;
    return `locals {\nl0 = 1\n${lines.join('\n')}\n}\n${job}`;
  };
  const rows: readonly (readonly [string, RegExp])[] = [
    [chain(60, (previous) => `[${previous}, ${previous}]`), /values it makes are too large/],
    [chain(900, (previous) => `[[[[[[[[[[${previous}]]]]]]]]]]`), /nested too deep/],
    [chain(60, (previous) => `"\${${previous}}\${${previous}}"`), /strings it makes are too long/],
    [chain(5_000, (previous) => previous), /Too many local values/],
    [`job "x" {\n${'group "g" {}\n'.repeat(20_000)} cuont = 1\n}`, /"cuont"/],
    [`job "x" {\n${'a = 1\n'.repeat(20_000)}}`, /Attribute redefined/],
    [`job "x" {\n${Array.from({ length: 20_000 }, (_, i) => `a${i} = 1\n`).join('')}}`, /"a0"/],
  ];
  for (const [text, expected] of rows) {
    const started = cpuMs();
    assert.match(mistakesIn(text).join('\n'), expected);
    assert.ok(cpuMs() - started < 10_000, String(expected));
  }
});

test(
  'L1: no damage to a job file makes the parser throw',
  { skip: existsSync(PAIRS) ? false : 'the conformance data is not here' },
  () => {
    const text = readFileSync(join(PAIRS, 'basic.hcl'), 'utf8');
    const marks = ['', '"', '${', '}', '{', '[', '\n', 'null', '= 1', '<<E\n', 'var.x', '\uFFFD'];
    const place = fc.nat(text.length);
    fc.assert(
      fc.property(place, fc.nat(20), fc.constantFrom(...marks), (at, length, mark) => {
        const broken = text.slice(0, at) + mark + text.slice(at + length);
        const result = parseJobFile(new Source('x.hcl', broken));
        assert.ok('job' in result || result.length > 0);
      }),
      { numRuns: 300 },
    );
  },
);
