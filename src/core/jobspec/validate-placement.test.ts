import test from 'node:test';
import { around, checkIssues } from './job-text.fixture.ts';

test('rules of placement are checked', () => {
  checkIssues([
    [
      around('constraint {\n attribute = "a"\n operator = "~="\n}'),
      ['group "g" > constraint 1: Unknown constraint type "~="'],
    ],
    [
      around('constraint {\n attribute = "a"\n regexp = "("\n}'),
      [
        'group "g" > constraint 1: Regular expression failed to compile: error parsing regexp: missing closing )',
      ],
    ],
    [
      around('constraint {\n attribute = "a"\n version = "x"\n}'),
      ['group "g" > constraint 1: Malformed constraint: x'],
    ],
    [
      around('affinity {\n attribute = "a"\n weight = 0\n}'),
      ['group "g" > affinity 1: Affinity weight cannot be zero'],
    ],
    [
      around('constraint {\n operator = "="\n}'),
      ['group "g" > constraint 1: No attribute provided but is required by constraint'],
    ],
    [
      around(
        'constraint {\n distinct_hosts = true\n}\nconstraint {\n distinct_property = "a"\n value = "2"\n}',
      ),
      [],
    ],
    [
      around('constraint {\n distinct_property = "a"\n value = "0"\n}'),
      ['group "g" > constraint 1: Distinct Property must have an allowed count of 1 or greater: 0'],
    ],
    [around('constraint {\n attribute = "a"\n version = ">= 1.2, < 2.0.0-rc1"\n}'), []],
    [around('constraint {\n attribute = "a"\n regexp = "${meta.x}("\n}'), []],
    [
      around('affinity {\n attribute = "a"\n weight = 101\n}'),
      ['group "g" > affinity 1: Affinity weight must be within the range [-100,100]'],
    ],
    [
      around('spread {\n target "a" {\n percent = 60\n }\n target "a" {\n percent = 60\n }\n}'),
      [
        'group "g" > spread 1: Missing spread attribute',
        'group "g" > spread 1: Sum of spread target percentages must not be greater than 100%; got 120%',
        'group "g" > spread 1: Spread target values must differ',
      ],
    ],
    [
      around('spread {\n attribute = "a"\n weight = 0\n target "a" {\n percent = -1\n }\n}'),
      [
        'group "g" > spread 1: Spread block must have a positive weight from 0 to 100',
        'group "g" > spread 1: Spread target percentage for value "a" must be between 0 and 100',
      ],
    ],
  ]);
});
