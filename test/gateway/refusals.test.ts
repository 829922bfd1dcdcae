import { expect, test } from '@jest/globals';
import { FINE, refusals, refuse } from '../support/refusals.ts';

const FIRST = 'The gateway cannot start with these settings:';

test.each(refusals.map((refusal) => [refusal.what, refusal] as const))(
  'does not start with %s: says what to do, and nothing that is secret',
  async (_what, refusal) => {
    const { says, code = 78, sentences = 1 } = refusal;
    const refused = await refuse(refusal);
    expect(refused.lines.join('\n')).toEqual(
      typeof says === 'string' ? expect.stringContaining(says) : expect.stringMatching(says),
    );
    expect([refused.code, refused.repeated]).toEqual([code, []]);
    // Never a stack.
    expect(refused.lines).toHaveLength(code === 78 ? 1 + sentences : sentences);
    if (code === 78) expect(refused.lines[0]).toBe(FIRST);
  },
);

test('all that is wrong is told at once, each with what to do', async () => {
  const { code, lines } = await refuse({
    what: 'much',
    settings: { ...FINE, budget: { rate: 'fast', wndowMs: 5 }, cache: { freshMs: -1 }, nonsense: true },
    env: {
      PORT: '80a',
      AMPERITY_TENANT: '',
      AMPERITY_BASE_URL: 'ftp://amperity.example',
      LOG_LEVEL: 'loud',
    },
    says: '',
  });
  expect(code).toBe(78);
  const [first, ...problems] = lines;
  expect(first).toBe(FIRST);
  for (const name of [
    'budget.rate',
    'budget.wndowMs',
    'cache.freshMs',
    'nonsense',
    'PORT',
    'AMPERITY_TENANT',
    'AMPERITY_BASE_URL',
    'LOG_LEVEL',
  ]) {
    expect(problems.filter((line) => line.includes(`${name}: `))).toHaveLength(1);
  }
  expect(problems).toHaveLength(8);
  for (const problem of problems) expect(problem).toMatch(/^ {2}\S.*; \S/);
});
