import type { Redis } from 'ioredis';

/**
 * Leaves the old master as soon as a Sentinel tells of another. A master that is replaced while it works learns of it
 * some ten seconds later; until then it takes writes that are lost, and a limiter on it would spend the budget a
 * second time. The detector of ioredis is not used: its connections have no listener for errors.
 *
 * @param sentinels clients for this alone; they are closed with the client
 */
export function followFailovers(client: Redis, master: string, sentinels: readonly Redis[]): void {
  let isStale = false;
  const leave = (): void => {
    isStale = false;
    client.disconnect(true);
  };
  client.on('ready', () => {
    if (isStale) leave();
  });
  client.once('end', () => {
    for (const sentinel of sentinels) sentinel.disconnect();
  });

  for (const sentinel of sentinels) {
    // A refusal or a lost answer is made good at the next connect, and there are other Sentinels.
    sentinel.on('ready', () => void sentinel.subscribe('+switch-master').catch(() => {}));
    sentinel.on('message', (_channel, text: string) => {
      if (!text.startsWith(`${master} `)) return;
      if (client.status === 'ready') leave();
      // Cutting a connect short would end the client for good; it may have been told the old master.
      else isStale = client.status === 'connecting' || client.status === 'connect';
    });
  }
}
