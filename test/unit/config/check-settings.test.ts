import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { checkSettings } from '../../../src/config/check-settings.ts';

test('a rule that complains of something deep inside a part that is not there is settled', () => {
  const schema = z
    .strictObject({ name: z.string(), limits: z.record(z.string(), z.unknown()).optional() })
    .superRefine(({ limits }, context) => {
      if (limits !== undefined && !Object.hasOwn(limits, 'per'))
        context.addIssue({ code: 'custom', path: ['limits', 'per', 'team', 'mobile'], message: 'is needed' });
    });
  const { settings, complaints } = checkSettings(schema, { name: 'a', limits: {} });
  expect(settings).toEqual({ name: 'a' });
  expect(complaints.map(({ path }) => path)).toEqual([['limits', 'per', 'team', 'mobile']]);
});
