import { expect } from '@jest/globals';
import type { Rule } from './rules.ts';
import type { Done } from './shell.ts';

/** That a command came out as its rule says; with what it complained of where it did not. */
export function expectOutcome({ exitCode = 0, prints }: Rule, done: Done): void {
  if (prints === undefined) throw new Error('the rule does not say what is printed');
  const { stderr } = done;
  expect({ ...done }).toEqual({ exitCode, stderr, stdout: expect.stringMatching(prints) });
}
