import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as elapse } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readSecret, watchFile } from '../../../src/shared/watched-file.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The tests wait for looks at the file, so they do it side by side, each in a folder of its own. */
function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watched-'));
  folders.push(folder);
  return folder;
}

/** The watch looks twice a second; this is long enough for one look. */
const LOOK_MS = 700;

/** Resolves with the next text that is reported, or fails. */
async function nextOf(seen: readonly string[]): Promise<string | undefined> {
  const before = seen.length;
  const giveUpAt = performance.now() + 5000;
  // Polled: a watch reports to whoever began it, and to nobody else.
  while (seen.length === before && performance.now() < giveUpAt) await elapse(25);
  return seen[before];
}

describe('a secret mounted by Kubernetes', () => {
  let versions = 0;

  /** Writes a version of the volume into a folder of its own and swaps the link to it, as the kubelet does. */
  function mount(folder: string, text: string): void {
    versions += 1;
    const version = `..version-${versions}`;
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'token'), text);
    symlinkSync(version, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  }

  test.concurrent('is read anew when its volume is swapped, each time', async () => {
    const folder = createFolder();
    mount(folder, 'one');
    symlinkSync(join('..data', 'token'), join(folder, 'token'));
    const seen: string[] = [];
    const close = watchFile(join(folder, 'token'), (text) => seen.push(text));
    mount(folder, 'two');
    expect(await nextOf(seen)).toBe('two');
    mount(folder, '2nd');
    expect(await nextOf(seen)).toBe('2nd');
    close();
  });
});

describe('a watched file', () => {
  test.concurrent('that is gone or cannot be read for a while is read when it is back', async () => {
    const path = join(createFolder(), 'token');
    writeFileSync(path, 'one');
    const seen: string[] = [];
    const close = watchFile(path, (text) => seen.push(text));
    unlinkSync(path);
    mkdirSync(path);
    await elapse(LOOK_MS);
    expect(seen).toEqual([]);
    rmSync(path, { recursive: true });
    writeFileSync(path, 'back');
    expect(await nextOf(seen)).toBe('back');
    close();
  });

  test.concurrent('that is a link to itself for a while is read when it is one no more', async () => {
    const path = join(createFolder(), 'token');
    writeFileSync(path, 'one');
    const seen: string[] = [];
    const close = watchFile(path, (text) => seen.push(text));
    unlinkSync(path);
    symlinkSync(path, path);
    await elapse(LOOK_MS);
    unlinkSync(path);
    writeFileSync(path, 'back');
    expect(await nextOf(seen)).toBe('back');
    close();
  });

  test.concurrent('is reported once per change, without the newline at its end, and not after the watch has ended', async () => {
    const path = join(createFolder(), 'token');
    writeFileSync(path, 'one');
    const seen: string[] = [];
    const close = watchFile(path, (text) => seen.push(text));
    writeFileSync(path, 'changed\n');
    expect(await nextOf(seen)).toBe('changed');
    await elapse(LOOK_MS);
    close();
    writeFileSync(path, 'unseen');
    await elapse(LOOK_MS);
    expect(seen).toEqual(['changed']);
  });
});

test('of a secret only one newline at the end is left out', () => {
  const path = join(createFolder(), 'secret');
  for (const [text, secret] of [
    ['s', 's'],
    ['s\n', 's'],
    ['s\r\n', 's'],
    ['s\n\n', 's\n'],
    [' s ', ' s '],
    ['', ''],
  ] as const) {
    writeFileSync(path, text);
    expect(readSecret(path)).toBe(secret);
  }
});

describe('a file that was read before it is watched', () => {
  test.concurrent('is told at once when it has changed since, and not when it has not', async () => {
    const folder = createFolder();
    writeFileSync(join(folder, 'changed'), 'new\n');
    writeFileSync(join(folder, 'same'), 'old\n');
    const [changed, same]: [string[], string[]] = [[], []];
    const ends = [
      watchFile(join(folder, 'changed'), (text) => changed.push(text), { known: 'old\n' }),
      watchFile(join(folder, 'same'), (text) => same.push(text), { known: 'old\n' }),
    ];
    expect(await nextOf(changed)).toBe('new');
    await elapse(LOOK_MS);
    expect([changed, same]).toEqual([['new'], []]);
    for (const end of ends) end();
  });
});
