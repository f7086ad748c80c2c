/** The layer table of docs/ARCHITECTURE.md, as code. Left may import right; nothing else. */
const layers = {
  base: [],
  core: ['base'],
  api: ['base', 'core'],
  ports: ['base', 'core'],
  io: ['base', 'core', 'ports'],
  sim: ['base', 'core', 'ports'],
  run: ['base', 'ports'],
  cli: ['base', 'core', 'api', 'ports', 'run'],
};
// Roles meet through api or the log, never by importing each other.
const roles = [
  'agent',
  'server',
  'client',
  'keeper',
  'link',
  'registrar',
  'balancer',
  'dns',
  'gossip',
  'supervisor',
  'packager',
  'infra',
];
for (const role of roles) layers[role] = ['base', 'core', 'api', 'ports', 'run'];

const tests = '\\.(test|bench|fixture)\\.ts$';
// The allow-list of docs/dependencies.md: libraries without I/O, clock or randomness.
const pureLibraries = 'tinyqueue|croner|zod|handlebars|smol-toml|json5|yaml';

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
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
    ...layerRules,
    {
      name: 'folders-are-layers',
      comment: 'A folder of src that stands in no row of the table obeys no rule.',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: ['^src/compose/', ...Object.keys(layers).map((l) => `^src/${l}/`)],
      },
      to: {},
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: [tests, '\\.d\\.ts$'] },
      to: {},
    },
    { name: 'resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
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
      to: {
        dependencyTypes: ['npm', 'npm-dev'],
        pathNot: `node_modules/(${pureLibraries})/`,
      },
    },
    {
      name: 'tests-are-leaves',
      severity: 'error',
      from: { pathNot: [tests, '^(test|bench)/'] },
      to: { path: [tests, '^test/'] },
    },
    {
      name: 'product-needs-no-tools',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: '^(bench|scripts)/' },
    },
    {
      name: 'only-main-and-compose-wire',
      severity: 'error',
      from: {
        pathNot: ['^src/io/', '^src/(main\\.ts$|compose/)', tests, '^test/', '^bench/'],
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
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'require', 'default'],
    },
  },
};
