import { expect, test } from '@jest/globals';
import type { Request } from 'express';
import { clientAddress } from '../../../src/http/client-address.ts';

test.each([
  ['with the port that some proxies add', '192.0.2.1:5678', '192.0.2.1'],
  ['with another port', '[2001:db8::1]:5678', '2001:db8:0:0::/64'],
  ['in upper case', '2001:DB8::1', '2001:db8:0:0::/64'],
  ['with leading zeroes', '2001:0db8::1', '2001:db8:0:0::/64'],
  ['of IPv4 in hexadecimal', '::ffff:c000:0201', '192.0.2.1'],
])('an address %s is the same as without', (_, ip, address) => {
  expect(clientAddress({ ip } as Request)).toBe(address);
});

test('what is no address stands neither in the log nor for itself', () => {
  expect(clientAddress({ ip: 'jane.doe@example.com' } as Request)).not.toContain('jane');
});
