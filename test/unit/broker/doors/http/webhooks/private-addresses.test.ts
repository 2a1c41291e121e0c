import { expect, it } from 'vitest';
import { isPrivateAddress } from '../../../../../../broker/doors/http/webhooks/private-addresses.ts';

it.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
  '::127.0.0.1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'ff02::1',
])('%s is not public', (address) => expect(isPrivateAddress(address)).toBe(true));

it.each([
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.128.0.0',
  '172.32.0.0',
  '192.167.255.255',
  '2606:4700::1111',
  '::ffff:8.8.8.8',
])('%s is public', (address) => expect(isPrivateAddress(address)).toBe(false));
