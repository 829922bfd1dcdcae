import { describe, expect, test } from '@jest/globals';
import { parseOptions, usage } from '../../../bench/options.ts';

const KNOWN = ['budget', 'fairness', 'burst'];

describe('the command line', () => {
  test('runs everything once for a minute when nothing is asked for', () => {
    expect(parseOptions([], KNOWN)).toEqual({
      names: KNOWN,
      runs: 1,
      seconds: 60,
      replicas: 1,
      alone: false,
      peers: false,
      out: 'bench/results',
    });
  });

  test('runs what is named, in the usual order', () => {
    const options = parseOptions(
      ['burst', 'budget', '--runs', '5', '--seconds=10', '--alone', '--peers', '--out', 'x'],
      KNOWN,
    );
    expect(options).toEqual({
      names: ['budget', 'burst'],
      runs: 5,
      seconds: 10,
      replicas: 1,
      alone: true,
      peers: true,
      out: 'x',
    });
  });

  test.each([
    [['nothing'], /no question 'nothing'/],
    [['--fast'], /--fast/],
    [['--runs', '0'], /whole number/],
    [['--seconds', '1.5'], /whole number/],
    [['--replicas', 'two'], /whole number/],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(parseOptions(args, KNOWN)).toMatch(sentence);
  });

  test('takes a number of replicas', () => {
    expect(parseOptions(['--replicas', '3'], KNOWN)).toMatchObject({ names: KNOWN, replicas: 3 });
  });

  test('tells all questions', () => {
    expect(usage(KNOWN)).toContain('budget fairness burst');
  });
});
