/** Makes values unreadable to whoever holds the store they lie in. */
export interface Sealer {
  /** @param name where the value will lie; it opens under no other name */
  seal(plain: Buffer, name: string): Promise<Buffer>;
  /** Undefined when it was not sealed by us under this name, or by a key that is not known any more. */
  open(sealed: Buffer, name: string): Promise<Buffer | undefined>;
}
