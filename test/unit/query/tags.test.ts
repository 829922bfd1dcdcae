import { expect, test } from '@jest/globals';
import { Tags } from '../../../src/query/tags.ts';

const k1 = { kid: 'k1', key: Buffer.alloc(32, 1) };
const k2 = { kid: 'k2', key: Buffer.alloc(32, 2) };
const by = (...keys: (typeof k1)[]) => new Tags('acme', () => keys);

test('names of indexes and profiles differ by tenant, index, profile and key, and say nothing', () => {
  const tags = by(k1);
  const scope = tags.scope('idx-loyalty');
  const names = [
    scope,
    tags.scope('idx-loyalty2'),
    new Tags('acme2', () => [k1]).scope('idx-loyalty'),
    by(k2).scope('idx-loyalty'),
    tags.holder(scope, 'm-1'),
    tags.holder(scope, 'm-2'),
    tags.holder(tags.scope('idx-loyalty2'), 'm-1'),
  ];
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^(k[12]:)?[A-Za-z0-9_-]{43}$/);
});

test('while keys are rotated what was stored by the older one is found, too', () => {
  const before = by(k1);
  const during = by(k2, k1);
  const old = before.scope('idx-loyalty');
  expect(during.scopes('idx-loyalty')).toEqual([during.scope('idx-loyalty'), old]);
  expect(during.holder(old, 'm-1')).toBe(before.holder(old, 'm-1'));
  expect(by(k2).holder(old, 'm-1')).toBeUndefined();
});
