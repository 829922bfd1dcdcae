import { describe, expect, test } from '@jest/globals';
import { GatewayError } from '../../../src/shared/errors.ts';
import { errorFields } from '../../../src/shared/log.ts';

const SECRET = 'jane.doe@example.com';
const logged = (error: unknown): string => JSON.stringify(errorFields(error));

describe('of a foreseen error is logged', () => {
  test('its code, and neither message nor stack', () => {
    expect(errorFields(new GatewayError('upstream_error', `It was ${SECRET}.`))).toEqual({
      code: 'upstream_error',
    });
  });

  test('its cause, by name and code of the system', () => {
    const cause = Object.assign(new Error(`connect ${SECRET}`), { code: 'ECONNREFUSED' });
    const fields = errorFields(new GatewayError('upstream_error', 'Amperity failed.', { cause }));
    expect(fields).toMatchObject({
      code: 'upstream_error',
      cause: { error: 'Error', errorCode: 'ECONNREFUSED' },
    });
    expect(JSON.stringify(fields)).not.toContain(SECRET);
  });

  test('the chain of foreseen causes', () => {
    const cause = new GatewayError('internal', SECRET, { cause: new TypeError(SECRET) });
    const fields = errorFields(new GatewayError('unavailable', SECRET, { cause }));
    expect(fields).toMatchObject({ code: 'unavailable', cause: { code: 'internal' } });
    expect(JSON.stringify(fields)).not.toContain(SECRET);
  });
});

describe('of an unforeseen error is logged', () => {
  test('its name and where it happened', () => {
    const fields = errorFields(new RangeError('out of range'));
    expect(fields.error).toBe('RangeError');
    expect(fields.stack).toMatch(/^ {4}at .*log\.test\.ts/);
  });

  test.each([
    ['a message', new Error(SECRET)],
    ['a message of several lines', new Error(`first\n${SECRET}\nthird`)],
    ['a member', Object.assign(new Error('failed'), { config: { headers: { authorization: SECRET } } })],
    ['a cause', new Error('failed', { cause: new Error(SECRET) })],
    ['a code that is no text', Object.assign(new Error('failed'), { code: { secret: SECRET } })],
    ['several errors', new AggregateError([new Error(SECRET)], SECRET)],
    ['a text that was thrown', SECRET],
    ['an object that was thrown', { message: SECRET }],
    ['nothing', undefined],
  ])('never %s', (_what, error) => {
    expect(logged(error)).not.toContain(SECRET);
  });

  test('the type of what was thrown when it is no error', () => {
    expect([errorFields('text'), errorFields(undefined), errorFields(null)]).toEqual([
      { error: 'string' },
      { error: 'undefined' },
      { error: 'object' },
    ]);
  });
});
