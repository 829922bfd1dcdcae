import { hkdfSync } from 'node:crypto';

/** What a subkey is for. One purpose never sees another's key, so a leak or a misuse stays where it happened. */
export type SubkeyPurpose =
  | 'page-key'
  | 'page-value'
  | 'flight'
  | 'report'
  | 'tag'
  | 'etag'
  | 'log'
  | 'cursor';

const MASTER_BYTES = 32;
const SUBKEY_BYTES = 32;

/**
 * The 32-byte key of one purpose, by HKDF-SHA-256 (RFC 5869) from a 32-byte master key. The same master and
 * purpose give the same key in every process. No salt: the master is already uniformly random (RFC 5869 §3.1).
 * Throws RangeError for a master of another length.
 */
export const subkey = (master: Buffer, purpose: SubkeyPurpose): Buffer => derived(master, purpose);

/** The 32-byte key by which masks of one team are made, from the master key of masks; as `subkey`. */
export const teamSubkey = (master: Buffer, team: string): Buffer => derived(master, `mask/${team}`);

function derived(master: Buffer, info: string): Buffer {
  if (master.length !== MASTER_BYTES) throw new RangeError(`a master key has ${MASTER_BYTES} bytes`);
  return Buffer.from(hkdfSync('sha256', master, '', `amperity-gateway/1/${info}`, SUBKEY_BYTES));
}
