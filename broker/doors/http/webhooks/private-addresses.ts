import { BlockList, isIPv6 } from 'node:net';

/** Networks that are not everybody's (RFC 6890, and the registries of special addresses that it began). */
const SUBNETS_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const SUBNETS_6 = [
  '::/128',
  '::1/128',
  // With an IPv4 address inside, which would have to be looked at: translated, mapped in the old way, 6to4, Teredo.
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '2001::/32',
  '100::/64',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const blocked = new BlockList();
for (const [subnets, family] of [
  [SUBNETS_4, 'ipv4'],
  [SUBNETS_6, 'ipv6'],
] as const) {
  for (const subnet of subnets) {
    const [network = '', prefix] = subnet.split('/');
    blocked.addSubnet(network, Number(prefix), family);
  }
}

/** Whether an address, v4 or v6, is of this machine, of a private network, or for a special purpose. */
export function isPrivateAddress(address: string): boolean {
  // The list looks at the IPv4 address inside a mapped one.
  return blocked.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
