type Check = (value: unknown) => boolean;

const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const whole =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

const MAX_MS = 86_400_000;
const MAX_BYTES = 4 * 1024 ** 3;
const afterBytes = { after_bytes: whole(0, MAX_BYTES) };
const encoding = { encoding: oneOf('gzip', 'br') };

/** What each kind of fault may carry beside the members every rule has. */
export const faultParameters = {
  status: {
    status: whole(200, 599),
    body: oneOf('json', 'empty', 'text', 'html', 'truncated_json', 'invalid_utf8', 'echo', 'echo_credential'),
    retry_after: (value) =>
      whole(0, 86_400)(value) || (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)),
  },
  malformed: { data: oneOf('missing', 'null', 'object', 'too_many') },
  hang: { stage: oneOf('before_headers', 'after_headers'), ms: whole(0, MAX_MS) },
  drip: { bytes: whole(1, MAX_BYTES), every_ms: whole(1, MAX_MS) },
  reset: afterBytes,
  truncate: afterBytes,
  close: afterBytes,
  redirect: { status: oneOf(301, 302, 303, 307, 308), location: oneOf('same', 'trap', 'loop') },
  huge: { bytes: whole(1, MAX_BYTES), ...encoding, layers: whole(1, 3) },
  bomb: { bytes: whole(1, MAX_BYTES), ...encoding, layers: whole(1, 3) },
  bad_encoding: { bytes: whole(1, MAX_BYTES), ...encoding, layers: whole(1, 3) },
} satisfies Record<string, Record<string, Check>>;
