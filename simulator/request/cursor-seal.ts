import { mix, mixText } from '../data/prng.ts';

export interface CursorState {
  readonly tenant: string;
  /** Index id, or the empty text for the list of indexes. */
  readonly index: string;
  readonly generation: number;
  readonly position: number;
  readonly lastRow: number;
  /** Sorted, so that the order in the query does not matter. */
  readonly filters: readonly (readonly [string, string])[];
  readonly limit: number;
  readonly withTotal: boolean;
  /** The page before was empty; the next one is not, so that a walk ends. */
  readonly emptied: boolean;
}

/** Encodes to `+//+`: in the base64 alphabet every token must survive being put into a query. */
const PREFIX = Buffer.from([0xfb, 0xff, 0xfe]);
const HEADER_BYTES = PREFIX.length + 4;

/** Opaque text for a cursor. The same state gives the same text unless `nonce` differs. */
export function sealCursor(
  seed: number,
  state: CursorState,
  alphabet: 'base64' | 'url',
  nonce: number,
): string {
  const { tenant, index, generation, position, lastRow, filters, limit, withTotal, emptied } = state;
  const members = [tenant, index, generation, position, lastRow, filters, limit, withTotal, emptied, nonce];
  let plain = Buffer.from(JSON.stringify(members));
  // A length that is no multiple of 3 ends in `=`.
  if ((HEADER_BYTES + plain.length) % 3 === 0) plain = Buffer.concat([plain, Buffer.from(' ')]);
  const check = checksum(seed, plain);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(check);
  const sealed = Buffer.concat([PREFIX, head, scramble(seed, check, plain)]);
  return sealed.toString(alphabet === 'url' ? 'base64url' : 'base64');
}

/** undefined for anything this simulator did not make. */
export function openCursor(seed: number, token: string): CursorState | undefined {
  if (!/^[A-Za-z0-9+/_=-]+$/.test(token)) return undefined;
  const sealed = Buffer.from(token, 'base64');
  if (sealed.length <= HEADER_BYTES) return undefined;
  const check = sealed.readUInt32BE(PREFIX.length);
  const plain = scramble(seed, check, sealed.subarray(HEADER_BYTES));
  if (checksum(seed, plain) !== check) return undefined;
  const [tenant, index, generation, position, lastRow, filters, limit, withTotal, emptied] = JSON.parse(
    plain.toString(),
  );
  return { tenant, index, generation, position, lastRow, filters, limit, withTotal, emptied };
}

function checksum(seed: number, bytes: Buffer): number {
  return mixText(mix(seed, 0xc0ffee), bytes.toString('latin1'));
}

function scramble(seed: number, key: number, bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, place) => byte ^ (mix(mix(seed, key), place) & 0xff)));
}
