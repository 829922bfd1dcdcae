import { describe, expect, test } from '@jest/globals';
import { findChromium, type Surroundings } from '../support/find-chromium.ts';

describe('Chromium for a test is', () => {
  /** A machine with these programs, and one on which `afterwards` can be installed. */
  const machine = (programs: readonly string[], afterwards: readonly string[] = []): Surroundings => {
    let present = programs;
    return {
      find: (name) => (present.includes(name) ? `/bin/${name}` : undefined),
      install: () => {
        present = afterwards;
      },
    };
  };

  test.each([
    ['chromium, where there are several', machine(['google-chrome', 'chromium']), '/bin/chromium'],
    ['what Ubuntu calls it', machine(['google-chrome', 'chromium-browser']), '/bin/chromium-browser'],
    ['Chrome, where there is nothing else', machine(['google-chrome']), '/bin/google-chrome'],
    ['one that can be installed', machine([], ['chromium']), '/bin/chromium'],
  ])('%s', (_, from, expected) => {
    expect(findChromium(from)).toBe(expected);
  });

  test('or one sentence that says what is missing', () => {
    expect(() => findChromium(machine([]))).toThrow(
      /^[^.]*put chromium, chromium-browser or google-chrome on PATH\.$/,
    );
  });
});
