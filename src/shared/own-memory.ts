/**
 * The same bytes in memory of their own. Small buffers are cut from larger blocks that live as long as any of them: what
 * is kept would hold many times what it counts.
 */
export function inOwnMemory(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
