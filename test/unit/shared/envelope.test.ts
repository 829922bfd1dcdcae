import * as crypto from 'node:crypto';
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Envelope, type NamedKey } from '../../../src/shared/envelope.ts';
import { Subkeys } from '../../../src/shared/key-ring.ts';

const NAME = 'agw:shop:p:k1:mac';
const k1: NamedKey = { kid: 'k1', key: Buffer.alloc(32, 1) };
const k2: NamedKey = { kid: 'key-2', key: Buffer.alloc(32, 2) };
const IV = 12;
const TAG = 16;

const envelope = (keys: readonly NamedKey[] = [k1], maxBytes?: number) =>
  new Envelope('page-value', () => keys, maxBytes);

/** A page as Amperity sends them. */
const page = (profiles: number): Buffer => {
  const profile = (id: number) => ({ id: `p-${id}`, attributes: { first_name: 'Daniel', tier: 'gold' } });
  return Buffer.from(JSON.stringify({ data: Array.from({ length: profiles }, (_, id) => profile(id)) }));
};

/** Whether something else had its turn while the promise was waited for. */
async function letsOthersRun(work: () => Promise<unknown>): Promise<boolean> {
  let othersRan = false;
  const other = setImmediate(() => {
    othersRan = true;
  });
  await work();
  clearImmediate(other);
  return othersRan;
}

describe('an envelope', () => {
  test('opens to what was sealed, whatever it is and however it is called', async () => {
    const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(bytes, fc.string({ unit: 'binary' }), async (plain, name) => {
        expect(await envelope().open(await envelope().seal(plain, name), name)).toEqual(plain);
      }),
    );
    for (const profiles of [0, 1, 100, 10_000]) {
      const plain = page(profiles);
      expect((await envelope().open(await envelope().seal(plain, NAME), NAME))?.equals(plain)).toBe(true);
    }
  });

  test('is laid out as documented', async () => {
    const short = Buffer.from('12345');
    const unpacked = await envelope([k2]).seal(short, NAME);
    expect(unpacked.subarray(0, 8)).toEqual(Buffer.from('\x01\x05key-2\x00'));
    expect(unpacked).toHaveLength(8 + IV + short.length + TAG);
    const packed = await envelope().seal(page(100), NAME);
    expect(packed.subarray(0, 5)).toEqual(Buffer.from('\x01\x02k1\x02'));
  });

  test('opens what an earlier version sealed', async () => {
    const [unpacked, packed] = [
      'AQJrMQBg5Vnhtq2KShLvvzFTcfVCjFIrUUUUXWNv2B26VJ2pFMg=',
      'AQJrMQIZGqFHXKeicjiGJ1igSaS1YEua9t2h+w0mZrAL5azsh4KTfmoJhIbIOgpbC4+TOcc=',
    ].map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer];
    expect((await envelope().open(unpacked, NAME))?.toString()).toBe('12345');
    expect((await envelope().open(packed, NAME))?.toString()).toBe('x'.repeat(500));
  });

  test('is smaller than its content where that can be, and never much larger', async () => {
    const plain = page(1000);
    expect((await envelope().seal(plain, NAME)).length).toBeLessThan(plain.length / 4);
    const noise = randomBytes(5000);
    expect(await envelope().seal(noise, NAME)).toHaveLength(5 + IV + noise.length + TAG);
  });

  test('never comes out twice the same, and shows nothing of its content', async () => {
    const seal = () => envelope().seal(Buffer.from('daniel@example.com'), NAME);
    const [one, other] = await Promise.all([seal(), seal()]);
    const [oneIv, otherIv] = [one, other].map((sealed) => sealed.toString('hex', 5, 5 + IV));
    expect(oneIv).not.toBe(otherIv);
    expect(one.toString('latin1')).not.toMatch(/daniel|example/);
    expect(one.subarray(5 + IV)).not.toEqual(other.subarray(5 + IV));
  });

  test('leaves packing and unpacking above 256 KiB to others', async () => {
    const [large, small] = [page(8000), page(1000)];
    expect(large.length).toBeGreaterThan(256 * 1024);
    const noise = Buffer.from(randomBytes(200_000).toString('hex'));
    const sealed = await envelope().seal(noise, NAME);
    expect(await letsOthersRun(() => envelope().seal(large, NAME))).toBe(true);
    expect(await letsOthersRun(() => envelope().open(sealed, NAME))).toBe(true);
    expect(await letsOthersRun(() => envelope().seal(small, NAME))).toBe(false);
    expect((await envelope().open(sealed, NAME))?.equals(noise)).toBe(true);
  });
});

/** The key that k1 gives for pages, and an envelope made with it by the description alone. */
const byHand = {
  key: Buffer.from(hkdfSync('sha256', k1.key, '', 'amperity-gateway/1/page-value', 32)),
  seal(version: number, codec: number, content: Buffer): Buffer {
    const iv = randomBytes(IV);
    const head = Buffer.from([version, 2, 0x6b, 0x31, codec]);
    const cipher = createCipheriv('aes-256-gcm', byHand.key, iv);
    cipher.setAAD(Buffer.concat([head, Buffer.from(NAME)]));
    return Buffer.concat([head, iv, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  },
};

describe('an envelope made by hand', () => {
  test('opens', async () => {
    const short = Buffer.from('12345');
    expect(await envelope().open(byHand.seal(1, 0, short), NAME)).toEqual(short);
  });

  test('does not when it says to be of another version, or packed in a way that is not known', async () => {
    const packed = gzipSync('12345');
    for (const [version, codec] of [
      [2, 0],
      [1, 1],
      [1, 2],
      [1, 3],
    ] as const) {
      expect(await envelope().open(byHand.seal(version, codec, packed), NAME)).toBeUndefined();
    }
  });
});

test('Node takes short tags unless it is told not to, and is told on both sides', async () => {
  const sealed = byHand.seal(1, 0, Buffer.from('12345'));
  const trusting = createDecipheriv('aes-256-gcm', byHand.key, sealed.subarray(5, 5 + IV))
    .setAAD(Buffer.concat([sealed.subarray(0, 5), Buffer.from(NAME)]))
    .setAuthTag(sealed.subarray(-TAG).subarray(0, 4));
  expect(`${trusting.update(sealed.subarray(5 + IV, -TAG))}${trusting.final()}`).toBe('12345');

  const told: unknown[] = [];
  type Make = (...args: unknown[]) => unknown;
  const heard =
    (make: unknown): Make =>
    (...args) => {
      told.push(args[3]);
      return (make as Make)(...args);
    };
  const wrapped = { createCipheriv: heard(createCipheriv), createDecipheriv: heard(createDecipheriv) };
  jest.unstable_mockModule('node:crypto', () => ({ ...crypto, ...wrapped }));
  jest.resetModules();
  const module = await import('../../../src/shared/envelope.ts');
  const watched = new module.Envelope('page-value', () => [k1]);
  await watched.open(await watched.seal(Buffer.from('a'), NAME), NAME);
  expect(told).toEqual([{ authTagLength: TAG }, { authTagLength: TAG }]);
});

describe('an envelope does not open', () => {
  const plain = page(10);

  test.each([4, 8, 12, 0, 15])('with a tag of %i bytes', async (tagBytes) => {
    for (const content of [plain, Buffer.from('12345'), Buffer.alloc(0)]) {
      const sealed = await envelope().seal(content, NAME);
      const cut = sealed.subarray(0, sealed.length - TAG + tagBytes);
      expect(await envelope().open(cut, NAME)).toBeUndefined();
    }
  });

  test('under another name', async () => {
    const sealed = await envelope().seal(plain, NAME);
    for (const name of ['agw:shop:p:k1:other', `${NAME}x`, NAME.slice(1), '']) {
      expect(await envelope().open(sealed, name)).toBeUndefined();
    }
  });

  test('when any bit of it was turned', async () => {
    const sealed = await envelope([k1, k2]).seal(Buffer.from('12345'), NAME);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const turned = Buffer.from(sealed);
      turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect([bit, await envelope([k1, k2]).open(turned, NAME)]).toEqual([bit, undefined]);
    }
  });

  test('when it was cut, lengthened, or is something else altogether', async () => {
    const sealed = await envelope().seal(plain, NAME);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(await envelope().open(sealed.subarray(0, length), NAME)).toBeUndefined();
    }
    expect(await envelope().open(Buffer.concat([sealed, Buffer.alloc(1)]), NAME)).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        expect(await envelope().open(Buffer.from(bytes), NAME)).toBeUndefined();
        const wellBegun = Buffer.concat([sealed.subarray(0, 5 + IV), bytes]);
        expect(await envelope().open(wellBegun, NAME)).toBeUndefined();
      }),
    );
  });

  test('as what it says it is in front, when that was changed', async () => {
    const twin = { kid: 'k9', key: k1.key };
    const sealed = await envelope([k1, twin]).seal(Buffer.from('12345'), NAME);
    const renamed = Buffer.from(sealed).fill('k9', 2, 4);
    const version = Buffer.from(sealed).fill(2, 0, 1);
    const packed = await envelope().seal(plain, NAME);
    const codec = Buffer.from(packed).fill(0, 4, 5);
    for (const changed of [renamed, version, codec]) {
      expect(await envelope([k1, twin]).open(changed, NAME)).toBeUndefined();
    }
  });

  test('without its key, or for another purpose', async () => {
    const sealed = await envelope().seal(plain, NAME);
    expect(await envelope([k2]).open(sealed, NAME)).toBeUndefined();
    expect(await envelope([{ ...k2, kid: 'k1' }]).open(sealed, NAME)).toBeUndefined();
    expect(await envelope([]).open(sealed, NAME)).toBeUndefined();
    expect(await new Envelope('flight', () => [k1]).open(sealed, NAME)).toBeUndefined();
  });

  test('to more than it may', async () => {
    const bomb = Buffer.alloc(5_000_000);
    const noise = randomBytes(2000);
    const large = Buffer.from(randomBytes(200_000).toString('hex'));
    for (const content of [bomb, noise, large]) {
      const sealed = await envelope().seal(content, NAME);
      expect(await envelope([k1], content.length - 1).open(sealed, NAME)).toBeUndefined();
      expect((await envelope([k1], content.length).open(sealed, NAME))?.equals(content)).toBe(true);
    }
  });
});

describe('the keys of an envelope', () => {
  test('are those of the moment: the first seals, all of them open', async () => {
    let keys: readonly NamedKey[] = [k1];
    const rotating = new Envelope('page-value', () => keys);
    const before = await rotating.seal(Buffer.from('a'), NAME);
    keys = [k1, k2];
    const between = await rotating.seal(Buffer.from('b'), NAME);
    expect(await envelope([k1]).open(between, NAME)).toBeDefined();
    keys = [k2, k1];
    const after = await rotating.seal(Buffer.from('c'), NAME);
    expect(await envelope([k2]).open(after, NAME)).toBeDefined();
    const open = async () =>
      (await Promise.all([before, between, after].map((sealed) => rotating.open(sealed, NAME)))).map(String);
    expect(await open()).toEqual(['a', 'b', 'c']);
    keys = [k2];
    expect(await open()).toEqual(['undefined', 'undefined', 'c']);
    keys = [{ kid: 'key-2', key: Buffer.alloc(32, 3) }];
    expect(await open()).toEqual(['undefined', 'undefined', 'undefined']);
  });

  test('are derived once for each key', () => {
    const subkeys = new Subkeys('page-value');
    expect(subkeys.of(k1.key)).toBe(subkeys.of(k1.key));
    expect(subkeys.of(k1.key).equals(subkeys.of(k2.key))).toBe(false);
    expect(subkeys.of(k1.key).equals(new Subkeys('flight').of(k1.key))).toBe(false);
  });

  test('have to be there to seal', async () => {
    await expect(envelope([]).seal(Buffer.from('a'), NAME)).rejects.toThrow('no key');
  });
});
