import tseslint from 'typescript-eslint';

const ban = (object, property, instead) => ({
  object,
  property,
  message: instead,
});
const synchronous = ['src/base/**/*.ts', 'src/core/**/*.ts'];
const pure = [...synchronous, 'src/api/**/*.ts'];
const tests = ['**/*.test.ts', '**/*.bench.ts', '**/*.fixture.ts', 'test/**', 'bench/**'];
const noAmbientTime = {
  selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
  message: 'Pure code is told the time: take `now: Millis`.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.cache/**', '**/*.d.ts'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          ignoreVoid: false,
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'describe', 'it', 'suite'],
            },
          ],
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'max-lines': ['error', { max: 500, skipComments: true, skipBlankLines: true }],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      complexity: ['error', 15],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-warning-comments': ['error', { terms: ['fixme', 'xxx'] }],
    },
  },
  {
    files: pure,
    ignores: tests,
    rules: {
      'no-restricted-properties': [
        'error',
        ban('Date', 'now', 'Pure code is told the time: take `now: Millis`.'),
        ban('Math', 'random', 'Take a `Random`; see base/random.ts.'),
        ban('performance', 'now', 'Pure code is told the time.'),
      ],
      'no-restricted-syntax': ['error', noAmbientTime],
    },
  },
  {
    files: synchronous,
    ignores: tests,
    rules: {
      'no-restricted-syntax': [
        'error',
        noAmbientTime,
        {
          selector: ':function[async=true]',
          message: 'The core is synchronous: return a description of the effect.',
        },
        {
          selector: 'ThrowStatement > NewExpression[callee.name="Error"]',
          message: 'assert() a bug, or return the failure as data.',
        },
      ],
    },
  },
  {
    files: ['src/main.ts', 'scripts/**', ...tests],
    rules: { 'no-console': 'off' },
  },
  {
    files: tests,
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
    },
  },
);
