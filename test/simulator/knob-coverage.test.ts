import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type KnobName, knobNames, knobTable } from '../../simulator/knobs/knob-table.ts';

const folder = new URL('.', import.meta.url);
/** The tests that start a simulator or compute with its knobs; the table of refusals proves nothing here. */
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && !['knobs.test.ts', 'knob-coverage.test.ts'].includes(name))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

/** The values of a closed set, as its own refusal lists them; none for numbers and structures. */
function closedValues(name: KnobName): string[] {
  try {
    knobTable[name].accept(Symbol('no value'));
  } catch (refusal) {
    const [, list] = /^must be one of (.*)$/.exec((refusal as Error).message) ?? [];
    return list?.split(', ') ?? (/true or false/.test((refusal as Error).message) ? ['true', 'false'] : []);
  }
  return [];
}

const settings = knobNames.flatMap((name): [KnobName, string | undefined][] => {
  const values = closedValues(name);
  return values.length > 0 ? values.map((value) => [name, value]) : [[name, undefined]];
});

describe('every value of every knob has a test', () => {
  test.each(settings)('%s = %s', (name, value) => {
    const key = /^\w+$/.test(name) ? `'?${name}'?` : `'${name.replaceAll('.', '\\.')}'`;
    const wanted = value === undefined ? `${key}: ` : `${key}: '?${value}'?[ ,\\n]`;
    // Faults are set through their own calls.
    const found = name === 'faults' ? /\.faults\(/.test(sources) : new RegExp(wanted).test(sources);
    expect([name, value, found]).toEqual([name, value, true]);
  });
});
