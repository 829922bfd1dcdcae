import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { BatchedLines } from '../../../src/shared/batched-lines.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function batched(isShared = false): { lines: BatchedLines; written: string[] } {
  const written: string[] = [];
  return { lines: new BatchedLines({ write: (text) => void written.push(text) }, isShared), written };
}

test('lines that can wait are written together, within a tenth of a second', () => {
  const { lines, written } = batched();
  lines.writeSoon('1\n');
  lines.writeSoon('2\n');
  expect(written).toEqual([]);
  jest.advanceTimersByTime(100);
  expect(written).toEqual(['1\n2\n']);
  lines.writeSoon('3\n');
  jest.advanceTimersByTime(100);
  expect(written).toEqual(['1\n2\n', '3\n']);
});

test('a line that cannot wait takes those before it along, in their order', () => {
  const { lines, written } = batched();
  lines.writeSoon('1\n');
  lines.write('2\n');
  expect(written).toEqual(['1\n2\n']);
  jest.advanceTimersByTime(1000);
  expect(written).toHaveLength(1);
});

test('no more is written at once than 16 KiB', () => {
  const { lines, written } = batched();
  const line = `${'x'.repeat(1023)}\n`;
  for (let number = 0; number < 17; number += 1) lines.writeSoon(line);
  expect(written).toEqual([line.repeat(16)]);
});

test('where other processes write too, no more at once than a pipe takes as a whole, so that their lines come between lines', () => {
  const { lines, written } = batched(true);
  const line = `${'x'.repeat(1022)}\n`;
  for (let number = 0; number < 4; number += 1) lines.writeSoon(line);
  expect(written).toEqual([]);
  lines.writeSoon(line);
  lines.writeSoon(line);
  lines.write(line.repeat(3));
  expect(written).toEqual([line.repeat(4), line.repeat(2), line.repeat(3)]);
});

test('what waits at the end can be written out', () => {
  const { lines, written } = batched();
  lines.writeSoon('1\n');
  lines.flush();
  lines.flush();
  expect(written).toEqual(['1\n']);
});
