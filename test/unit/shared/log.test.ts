import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, GatewayError } from '../../../src/shared/errors.ts';
import { errorFields } from '../../../src/shared/log.ts';

const SECRET = 'jane.doe@example.com';
const logged = (error: unknown): string => JSON.stringify(errorFields(error));

/** As libraries do with an error on its way, whose stack somebody has looked at. */
function reworded(error: Error, message: string): Error {
  expect(error.stack).toContain(SECRET);
  error.message = message;
  return error;
}

/** Node writes the code of its own errors into their stacks. */
function withCode(error: Error): Error {
  error.stack = error.stack?.replace('Error:', 'Error [ERR_OUT_OF_RANGE]:') ?? '';
  return error;
}

describe('of a foreseen error is logged', () => {
  test('its code, and neither message nor stack', () => {
    expect(errorFields(new GatewayError('upstream_error', `It was ${SECRET}.`))).toEqual({
      code: 'upstream_error',
    });
  });

  test('its cause, by name and code of the system', () => {
    const cause = Object.assign(new Error(`connect ${SECRET}`), { code: 'ECONNREFUSED' });
    const fields = errorFields(new GatewayError('upstream_error', 'Amperity failed.', { cause }));
    expect(fields).toEqual({
      code: 'upstream_error',
      cause: { error: 'Error', errorCode: 'ECONNREFUSED' },
    });
  });

  test('where it happened, if its cause is a defect', () => {
    const fields = errorFields(new GatewayError('unavailable', 'No.', { cause: new TypeError(SECRET) }));
    expect(fields).toMatchObject({
      cause: { error: 'TypeError', stack: expect.stringMatching(/ at .*log\.test/) },
    });
    expect(JSON.stringify(fields)).not.toContain(SECRET);
  });

  test('its cause in one word of ours, and no text that was thrown', () => {
    const fieldsOf = (code: ErrorCode, cause: unknown) =>
      errorFields(new GatewayError(code, 'No.', { cause }));
    expect(fieldsOf('unauthenticated', 'wrong_secret')).toMatchObject({ cause: 'wrong_secret' });
    expect(fieldsOf('internal', 'jane')).toEqual({ code: 'internal', cause: { error: 'string' } });
    expect(fieldsOf('unavailable', SECRET)).toEqual({ code: 'unavailable', cause: { error: 'string' } });
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
    ['an ordinary one', new Error('failed')],
    ['one without a message', new Error()],
    ['one of several lines', new Error('first\nsecond')],
    ['one of Node', withCode(new RangeError('out of range'))],
  ])('where it happened: %s', (_what, error) => {
    expect(errorFields(error).stack).toMatch(/^ {4}at .*\n {4}at /);
  });

  test.each([
    ['a message that was replaced', reworded(new Error(`was\n    at ${SECRET}`), 'is')],
    ['a message that was taken away', reworded(new Error(`was\n    at ${SECRET}`), '')],
    ['a message that looks like frames', new Error(`it was\n    at ${SECRET} (file:1:1)`)],
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
