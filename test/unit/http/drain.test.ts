import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { Drainable, drain } from '../../../src/http/drain.ts';
import { systemClock } from '../../../src/shared/clock.ts';

/** More than the system takes for a reader that does not read. */
const LARGE = Buffer.alloc(30_000_000, 'x');

async function serve(body: Buffer) {
  const drainable = new Drainable((tells) =>
    http.createServer((req, res) => {
      tells(req, res);
      res.setHeader('Content-Length', body.length).end(body);
    }),
  );
  const { server } = drainable;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = async () => {
    const socket = net.connect(port, '127.0.0.1');
    const [response] = await Promise.all([
      firstBytes(socket),
      once(socket, 'connect').then(() => ask(socket)),
    ]);
    return { socket, response };
  };
  return { drainable, asked };
}

const ask = (socket: net.Socket): boolean => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

/** Reads no further than that. */
async function firstBytes(socket: net.Socket): Promise<Buffer> {
  const [bytes] = await once(socket, 'data');
  socket.pause();
  return bytes;
}

test('an answer that its reader takes slowly is given in full before a drained server ends', async () => {
  const { asked, drainable } = await serve(LARGE);
  const { response, socket } = await asked();
  const drained = drain([drainable], { delayMs: 0, timeoutMs: 10_000 }, systemClock);
  // Longer than connections without a request are left open.
  await new Promise((resolve) => setTimeout(resolve, 600));
  let received = response.length;
  socket.on('data', (bytes) => {
    received += bytes.length;
  });
  socket.resume();
  await once(socket, 'close');
  expect(received).toBeGreaterThan(LARGE.length);
  expect(await drained).toBe(true);
});

test('what is not taken by the end of the time is cut, and not called clean', async () => {
  const { asked, drainable } = await serve(LARGE);
  await asked();
  expect(await drain([drainable], { delayMs: 0, timeoutMs: 300 }, systemClock)).toBe(false);
});

test('connections that are kept open for nothing do not hold a server up', async () => {
  const { asked, drainable } = await serve(Buffer.from('x'));
  await asked();
  expect(await drain([drainable], { delayMs: 0, timeoutMs: 10_000 }, systemClock)).toBe(true);
});
