import type { IncomingMessage } from 'node:http';
import { ControlRefusal } from './control-routes.ts';

const MOST_BYTES = 1024 * 1024;

/** The JSON body, or undefined when there is none. Throws {@link ControlRefusal}. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
  }
  if (bytes > MOST_BYTES) throw new ControlRefusal(413, 'the body must not exceed 1 MiB');
  const text = Buffer.concat(chunks).toString();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlRefusal(400, 'the body must be JSON');
  }
}
