import { hkdfSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type SubkeyPurpose, subkey } from '../../../src/shared/subkey.ts';

const purposes: SubkeyPurpose[] = ['page-key', 'page-value', 'flight', 'tag', 'etag', 'log', 'cursor'];
const master = Buffer.alloc(32, 1);

test('each purpose has a key of its own, 32 bytes long and none of them the master', () => {
  const made = purposes.map((purpose) => subkey(master, purpose));
  for (const key of made) expect(key).toHaveLength(32);
  expect(new Set([...made, master].map((key) => key.toString('hex'))).size).toBe(purposes.length + 1);
});

test('a subkey is HKDF-SHA-256 of the master and the purpose', () => {
  const expected = Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), 'amperity-gateway/1/log', 32));
  expect(subkey(master, 'log')).toEqual(expected);
});

test('a master of another length is refused', () => {
  for (const length of [0, 16, 31, 33]) expect(() => subkey(Buffer.alloc(length), 'log')).toThrow(RangeError);
});
