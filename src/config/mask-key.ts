/** Reads `MASK_KEY`, the base64 of 32 bytes; nothing when it is anything else. One spelling of a key is accepted. */
export function maskKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return key.length === 32 && key.toString('base64') === text ? key : undefined;
}
