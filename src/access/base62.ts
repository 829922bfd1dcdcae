const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A non-negative number in base 62, most significant digit first, padded with `0` to exactly `width` digits.
 * Throws RangeError when it does not fit, so a too narrow width can never shorten a secret silently.
 */
export function base62(value: bigint, width: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < width; i++) {
    text = DIGITS.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  if (rest !== 0n) throw new RangeError(`the value needs more than ${width} base-62 digits`);
  return text;
}
