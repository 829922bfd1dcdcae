import type { KubeObject } from './kube-object.ts';

/** In front of whatever clients with compiled types send. */
export const MAGIC = Buffer.from('k8s\0');

/** The Secret in such a body; nothing else comes that way. */
export function decodeSecret(body: Buffer): KubeObject {
  const envelope = fieldsOf(body.subarray(MAGIC.length));
  const type = fieldsOf(envelope.get(1)?.[0]);
  const kind = text(type, 2);
  if (kind !== 'Secret') throw new Error(`a ${kind} in protobuf is not understood`);
  const secret = fieldsOf(envelope.get(2)?.[0]);
  const metadata = fieldsOf(secret.get(1)?.[0]);
  return {
    apiVersion: text(type, 1),
    kind,
    metadata: {
      name: text(metadata, 1),
      namespace: text(metadata, 3),
      labels: mapOf(metadata.get(11), 'utf8'),
    },
    data: mapOf(secret.get(2), 'base64'),
    type: text(secret, 3),
  };
}

type Fields = ReadonlyMap<number, readonly Buffer[]>;

const text = (fields: Fields, number: number): string => fields.get(number)?.[0]?.toString() ?? '';

const mapOf = (entries: readonly Buffer[] = [], encoding: BufferEncoding): Record<string, string> =>
  Object.fromEntries(
    entries
      .map((each) => fieldsOf(each))
      .map((entry) => [text(entry, 1), entry.get(2)?.[0]?.toString(encoding) ?? '']),
  );

/** The fields of a message that have a length; numbers are passed over. */
function fieldsOf(message: Buffer = Buffer.alloc(0)): Fields {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = number();
    const size = number();
    if (tag % 8 === 0) continue;
    if (tag % 8 !== 2) throw new Error(`type ${tag % 8} of protobuf is not understood`);
    const field = Math.floor(tag / 8);
    fields.set(field, [...(fields.get(field) ?? []), message.subarray(at, at + size)]);
    at += size;
  }
  return fields;
}
