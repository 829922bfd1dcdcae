import { createHash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62 } from './base62.ts';

/**
 * `agw_<label>_<keyId>_<secret>_<crc>`. The prefix and the checksum let secret scanners recognise a leaked key
 * and let the gateway tell a typing error apart without a look-up; neither adds to the key's strength, which is
 * the 256 random bits of the secret alone.
 */
const KEY = /^agw_[a-z0-9]{1,12}_([A-Za-z0-9]{6,16})_[A-Za-z0-9]{43}_([A-Za-z0-9]{6})$/;
const LABEL = /^[a-z0-9]{1,12}$/;
const SECRET_BYTES = 32;
/** 62^43 > 2^256, so 43 digits hold every secret. */
const SECRET_WIDTH = 43;
/** 62^6 > 2^32, so 6 digits hold every CRC-32. */
const CRC_WIDTH = 6;
const ID_WIDTH = 10;

export interface CreatedApiKey {
  /** The whole credential, to be shown once and never stored. */
  readonly key: string;
  /** Public name of the key: stands in the configuration, in logs and metrics. */
  readonly id: string;
  /** SHA-256 of the whole key in lower-case hex: what the configuration keeps instead of the key. */
  readonly sha256: string;
}

/** Makes a new key. `label` is `^[a-z0-9]{1,12}$` (`live`, `demo`), else RangeError. */
export function createApiKey({ label }: { label: string }): CreatedApiKey {
  if (!LABEL.test(label)) throw new RangeError('a key label is 1 to 12 of a-z and 0-9');
  const id = Array.from({ length: ID_WIDTH }, () => base62(BigInt(randomInt(62)), 1)).join('');
  const secret = base62(BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`), SECRET_WIDTH);
  const body = `agw_${label}_${id}_${secret}`;
  const key = `${body}_${checksum(body)}`;
  return { key, id, sha256: digestApiKey(key).toString('hex') };
}

/** The key's id when format and checksum are right, else undefined. Says nothing about whether the key is known. */
export function parseApiKey(text: string): { id: string } | undefined {
  const match = KEY.exec(text);
  const id = match?.[1];
  if (id === undefined) return undefined;
  if (checksum(text.slice(0, text.lastIndexOf('_'))) !== match?.[2]) return undefined;
  return { id };
}

/** SHA-256 (32 bytes) of the whole key. A fast hash is right here: the input is random, not a chosen password. */
export function digestApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), CRC_WIDTH);
}
