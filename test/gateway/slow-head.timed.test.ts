import { createConnection } from 'node:net';
import { expect, test } from '@jest/globals';
import { stage } from '../support/stage.ts';

const scene = stage({ preset: 'test' });

test('the connection of a client that sends its head byte by byte is ended after ten seconds', async () => {
  const gateway = await scene.start();
  const { hostname, port } = new URL(gateway.url);
  const startedAt = performance.now();
  const received = await new Promise<string>((resolve) => {
    let text = '';
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.write(`GET /api/indexes/idx-loyalty/profiles HTTP/1.1\r\nX-Slow: `);
    const drip = setInterval(() => socket.write('x'), 500);
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearInterval(drip);
      resolve(text);
    });
  });
  expect(performance.now() - startedAt).toBeLessThan(13_000);
  expect(received).toMatch(/^HTTP\/1\.1 408 /);
}, 20_000);
