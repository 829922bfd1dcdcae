/** What clients write and read, as JSON. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [member: string]: unknown;
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly [member: string]: unknown;
}

export interface Members {
  readonly [member: string]: unknown;
}

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a member that is a map, or an empty one. */
export const within = (value: unknown, ...path: readonly string[]): Members => {
  const found = path.reduce<unknown>((at, name) => (isMembers(at) ? at[name] : undefined), value);
  return isMembers(found) ? found : {};
};
