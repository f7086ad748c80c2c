import test from 'node:test';
import { checkRows } from '../evaluating.fixture.ts';
import { NETWORK } from './network.ts';

test('functions of addresses', () => {
  checkRows(NETWORK, [
    [
      '[cidrhost("10.1.0.0/16", 258), cidrnetmask("10.0.0.0/12"), cidrsubnet("10.0.0.0/8", 8, 2)]',
      '["10.1.1.2","255.240.0.0","10.2.0.0/16"]',
    ],
    ['cidrsubnets("10.1.0.0/16", 4, 4, 8)', '["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24"]'],
    ['cidrhost("fd00::/64", 18)', '"fd00::12"'],
    [
      'cidrhost("10.0.0.0/30", 4)',
      'x:1,25-26: Invalid function argument; Invalid value for "hostnum" parameter: prefix of 30',
    ],
    [
      'cidrhost("10.0.0.0/33", 1)',
      'x:1,10-23: Invalid function argument; Invalid value for "prefix" parameter: invalid CIDR',
    ],
    [
      '[cidrhost("10.0.0.0/24", -1), cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)]',
      '["10.0.0.255","fd00:fd12:3456:7800:a200::/72"]',
    ],
    [
      'cidrsubnet("10.0.0.0/24", 16, 0)',
      'x:1,1-33: Error in function call; Call to function "cidrsubnet" failed: insufficient address',
    ],
    [
      'cidrnetmask("fd00::/8")',
      'x:1,13-23: Invalid function argument; Invalid value for "prefix" parameter: IPv6 addresses',
    ],
    [
      'cidrsubnets("10.0.0.0/30", 1, 1, 1)',
      'x:1,34-35: Invalid function argument; Invalid value for "newbits" parameter: not enough',
    ],
    ['cidrhost("::ffff:1.2.3.4/128", 0)', '"::ffff:102:304"'],
  ]);
});
