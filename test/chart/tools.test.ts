import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { helmPath, helms, kubectls } from './support/helm-binaries.ts';
import { unzip } from './support/unzip.ts';

describe('helm', () => {
  const own = process.env.HELM;
  afterEach(() => {
    if (own === undefined) delete process.env.HELM;
    else process.env.HELM = own;
  });

  test('comes in both major versions', () => {
    const majors = helms().map(({ version }) => /^v(\d+)\./.exec(version)?.[1]);
    expect(new Set(majors)).toEqual(new Set(['3', '4']));
  });

  test('is the one that HELM names before all others', () => {
    const last = helms().at(-1);
    process.env.HELM = last?.path;
    expect(helms()[0]).toEqual(last);
    expect(helmPath()).toBe(last?.path);
  });
});

test('kubectl comes in several versions', () => {
  const versions = new Set(kubectls().map(({ version }) => /^v1\.\d+/.exec(version)?.[0]));
  expect(versions.size).toBeGreaterThan(1);
});

describe('unzip', () => {
  test.each([
    ['packed', 8],
    ['stored', 0],
  ])('takes a %s file out of an archive of several', (_, method) => {
    const archive = zip({ 'a/one': 'first', 'a/two': 'second '.repeat(99) }, method);
    expect(unzip(archive, 'a/two').toString()).toBe('second '.repeat(99));
  });

  test('says which file is not there', () => {
    expect(() => unzip(zip({ one: '1' }, 0), 'two')).toThrow('the archive holds no two');
  });
});

function zip(files: Readonly<Record<string, string>>, method: number): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const packed = method === 0 ? Buffer.from(text) : deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(Buffer.concat(locals).length, 42);
    locals.push(local, Buffer.from(name), packed);
    central.push(entry, Buffer.from(name));
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(Buffer.concat(locals).length, 16);
  return Buffer.concat([...locals, ...central, end]);
}
