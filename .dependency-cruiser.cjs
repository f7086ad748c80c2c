/** The layer table of docs/ARCHITECTURE.md, as code. Left may import right; nothing else. */
const layers = {
  base: [],
  core: ['base'],
  api: ['base', 'core'],
  ports: ['base', 'core'],
  io: ['base', 'core', 'ports'],
  sim: ['base', 'core', 'ports'],
  run: ['base', 'ports'],
  server: ['base', 'core', 'api', 'ports', 'run'],
  client: ['base', 'core', 'api', 'ports', 'run'],
  cli: ['base', 'core', 'api', 'ports', 'run'],
};
const tests = '\\.(test|bench)\\.ts$';
const forbidden = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: tests },
  to: {
    path: '^src/',
    pathNot: [`^src/${layer}/`, ...allowed.map((l) => `^src/${l}/`)],
  },
}));
module.exports = {
  forbidden: [
    ...forbidden,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: [tests, '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'pure-has-no-node',
      severity: 'error',
      from: { path: '^src/(base|core|api)/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-has-no-npm',
      severity: 'error',
      from: { path: '^src/(base|core|api)/', pathNot: tests },
      // The allow-list of docs/dependencies.md: libraries without I/O, clock or randomness.
      to: {
        dependencyTypes: ['npm', 'npm-dev'],
        pathNot:
          'node_modules/(sorted-btree|tinyqueue|croner|zod|handlebars|smol-toml|json5|yaml)/',
      },
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      from: { pathNot: [tests, '^test/'] },
      to: { path: [tests, '^test/'] },
    },
    {
      name: 'only-main-wires',
      severity: 'error',
      from: {
        pathNot: ['^src/io/', '^src/(main|compose)\\.ts$', tests, '^test/'],
      },
      to: { path: '^src/io/' },
    },
    {
      name: 'sim-is-for-tests',
      severity: 'error',
      from: { pathNot: ['^src/sim/', '^test/', tests, '^bench/'] },
      to: { path: '^src/sim/' },
    },
    {
      name: 'runtime-deps-are-declared',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
