import fc from 'fast-check';
import { CANARY } from './canary.ts';

/** What stands for an attack on decoders, as it is written in a target. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '.%2E',
    '%2e',
    '..%2f..%2fadmin',
    '%2fadmin',
    '..%5c..%5cadmin',
    `${CANARY}%2f..%2fm-2`,
    '%252e%252e%252fadmin',
    '%',
    '%f',
    '%zz',
    '%ff',
    '%ff%fe',
    '%C0%AF',
    '%C0%AE%C0%AE',
    '%E0%80%AF',
    '%F0%80%80%AF',
    '%F4%90%80%80',
    '%ED%A0%80',
    '%ED%A0%80%ED%B0%80',
    '%00',
    `${CANARY}%00`,
    `${CANARY}%0d%0aX-Injected:%201`,
    '%0a',
    '%09',
    '%7f',
    '%C2%80',
    '%C2%85',
    '%E2%80%A8',
    '%E2%80%AE',
    '%EF%BB%BF',
    '%u0041',
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    '[object%20Object]',
    `${CANARY}#${CANARY}`,
    `${CANARY}%23`,
    `${CANARY};a=b`,
    `${CANARY}%3Flimit=1`,
    `${CANARY}@evil.example`,
    `\${${CANARY}}`,
    `{{${CANARY}}}`,
    '*',
    '-',
    ' ',
    '\u00fc',
    '\u00c3\u00bc',
    '\u0000',
    '\t',
    '',
  ),
  fc.integer({ min: 60, max: 600 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 120, max: 300 }).map((length) => '%C3%BC'.repeat(length)),
  // Bytes of any kind, of which few are UTF-8.
  fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 12 }),
);

/** Any text at all, encoded as it should be. */
export const encodedText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 24 })
  .map((text) => encodeURIComponent(text));
