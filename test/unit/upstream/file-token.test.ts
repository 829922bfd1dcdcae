import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as elapse } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fileToken } from '../../../src/upstream/file-token.ts';
import { staticToken } from '../../../src/upstream/static-token.ts';
import type { TokenSource } from '../../../src/upstream/token.ts';

let folder: string;
let path: string;
let source: TokenSource | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'token-'));
  path = join(folder, 'token');
});
afterEach(() => {
  source?.close();
  source = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function open(): { tokens: TokenSource; outcomes: string[] } {
  const outcomes: string[] = [];
  source = fileToken(path, (outcome) => outcomes.push(outcome));
  return { tokens: source, outcomes };
}

test('the token is the text of the file without the newline at its end', async () => {
  writeFileSync(path, 'first-token\n');
  const { tokens, outcomes } = open();
  expect(await tokens.current()).toBe('first-token');
  expect(outcomes).toEqual(['ok']);
});

test('a new token is taken over soon after the file has changed, without being asked for', async () => {
  writeFileSync(path, 'first-token');
  const { tokens } = open();
  writeFileSync(path, 'second-token');
  const giveUpAt = performance.now() + 5000;
  // Polled: the file is looked at twice a second, and a source does not tell.
  while ((await tokens.current()) !== 'second-token' && performance.now() < giveUpAt) await elapse(25);
  expect(await tokens.current()).toBe('second-token');
});

test('a refused token is looked for at once', async () => {
  writeFileSync(path, 'first-token');
  const { tokens, outcomes } = open();
  writeFileSync(path, 'second-token');
  expect(await tokens.renew('first-token')).toBe(true);
  expect(await tokens.current()).toBe('second-token');
  expect(outcomes).toEqual(['ok', 'ok']);
});

test('a refused token is not renewed while the file still holds it', async () => {
  writeFileSync(path, 'first-token');
  const { tokens, outcomes } = open();
  expect(await tokens.renew('first-token')).toBe(false);
  expect(outcomes).toEqual(['ok']);
});

test.each([
  ['empty', ''],
  ['of two lines', 'one\ntwo'],
  ['with a blank', 'to ken'],
  ['with a carriage return', 'token\r'],
  ['not ASCII', 'tökén'],
  ['too long', 'x'.repeat(8193)],
])('a file that is %s leaves the last good token in force', async (_what, text) => {
  writeFileSync(path, 'good-token');
  const { tokens, outcomes } = open();
  writeFileSync(path, text);
  expect(await tokens.renew('good-token')).toBe(false);
  expect(await tokens.current()).toBe('good-token');
  expect(outcomes).toEqual(['ok', 'invalid']);
});

test('a file that is gone leaves the last good token in force', async () => {
  writeFileSync(path, 'good-token');
  const { tokens, outcomes } = open();
  rmSync(path);
  expect(await tokens.renew('other-token')).toBe(true);
  expect(await tokens.current()).toBe('good-token');
  expect(outcomes).toEqual(['ok', 'invalid']);
});

test('without any good token callers are told so, until there is one', async () => {
  const { tokens, outcomes } = open();
  await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
  writeFileSync(path, 'late-token');
  expect(await tokens.renew('')).toBe(true);
  expect(await tokens.current()).toBe('late-token');
  expect(outcomes).toEqual(['invalid', 'ok']);
});

test('a token for a trial is never renewed', async () => {
  const tokens = staticToken('trial');
  expect(await tokens.current()).toBe('trial');
  expect(await tokens.renew('trial')).toBe(false);
  tokens.close();
});
