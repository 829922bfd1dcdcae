import { expect, test } from '@jest/globals';
import { FORM, type Message, readMessage, writeMessage } from '../../../src/console/report.ts';
import { ENDINGS } from '../../../src/console/second.ts';

const SECOND = {
  at: 5000,
  sent: 1,
  outcomes: { ok: 1 },
  tookMs: [3],
  endings: { hit: 2 },
  indexes: [['ix', 2]] as const,
  effectiveRate: null,
  coolDownMs: 0,
};
const REPORT = { replica: 'a', at: 6000, status: {}, seconds: [SECOND] };
const report = (more: object): string =>
  JSON.stringify({ form: FORM, kind: 'report', report: { ...REPORT, ...more } });

test('what is written is read', () => {
  const messages: Message[] = [
    { kind: 'asked', from: 'a', whole: true },
    { kind: 'report', report: REPORT },
  ];
  for (const message of messages) expect(readMessage(writeMessage(message))).toEqual(message);
});

test.each([
  ['no JSON', '{"form":'],
  ['null', 'null'],
  ['of another form', JSON.stringify({ form: FORM + 1, kind: 'asked', from: 'a', whole: true })],
  ['of no known kind', JSON.stringify({ form: FORM, kind: 'told', from: 'a' })],
  ['an empty report', JSON.stringify({ form: FORM, kind: 'report' })],
  ['a report without seconds', report({ seconds: undefined })],
  ['a report of no instant', report({ at: null })],
  ['a second without indexes', report({ seconds: [{ ...SECOND, indexes: undefined }] })],
  ['indexes that are no pairs', report({ seconds: [{ ...SECOND, indexes: { ix: 2 } }] })],
  ['counts that are no numbers', report({ seconds: [{ ...SECOND, endings: { hit: '2' } }] })],
  ['times that are no numbers', report({ seconds: [{ ...SECOND, tookMs: [null] }] })],
])('%s is no message', (_, text) => {
  expect(readMessage(text)).toBeUndefined();
});

test('the page knows the same endings', async () => {
  const page = (await import(String('../../../src/http/console-page/minute.js'))) as { ENDINGS: string[] };
  expect(page.ENDINGS).toEqual(ENDINGS);
});
