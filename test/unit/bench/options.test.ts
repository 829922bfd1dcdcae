import { describe, expect, test } from '@jest/globals';
import { parseOptions, usage } from '../../../bench/options.ts';

const KNOWN = ['budget', 'fairness', 'burst'];

describe('the command line', () => {
  test('runs everything once for a minute when nothing is asked for', () => {
    expect(parseOptions([], KNOWN)).toEqual({ names: KNOWN, runs: 1, seconds: 60, out: 'bench/results' });
  });

  test('runs what is named, in the usual order', () => {
    const options = parseOptions(['burst', 'budget', '--runs', '5', '--seconds=10', '--out', 'x'], KNOWN);
    expect(options).toEqual({ names: ['budget', 'burst'], runs: 5, seconds: 10, out: 'x' });
  });

  test.each([
    [['nothing'], /no question 'nothing'/],
    [['--fast'], /--fast/],
    [['--runs', '0'], /whole number/],
    [['--seconds', '1.5'], /whole number/],
    [['--replicas', 'two'], /whole number/],
    [['--replicas', '3'], /one replica/],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(parseOptions(args, KNOWN)).toMatch(sentence);
  });

  test('accepts the one replica there is', () => {
    expect(parseOptions(['--replicas', '1'], KNOWN)).toMatchObject({ names: KNOWN });
  });

  test('tells all questions', () => {
    expect(usage(KNOWN)).toContain('budget fairness burst');
  });
});
