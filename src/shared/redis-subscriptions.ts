import type { Cluster, Redis } from 'ioredis';

/**
 * Subscribes again after every reconnect to what was subscribed before. ioredis would do it too, but it leaves a
 * refusal unhandled, which ends the process, and it forgets the channels for good when a connection dies between
 * being ready and being subscribed again. Patterns are not kept: nobody subscribes to any.
 *
 * @param onError told when channels could not be subscribed again; the next connection tries anew
 */
export function keepSubscriptions(client: Redis, onError: (error: Error) => void): void {
  let wanted = new Set<string>();

  client.on('close', () => {
    const { condition } = client;
    if (!condition?.subscriber) return;
    wanted = new Set([...wanted, ...condition.subscriber.channels('subscribe')]);
  });
  client.on('ready', () => {
    if (wanted.size === 0) return;
    client.subscribe(...wanted).then(
      () => {
        wanted = new Set();
      },
      (error: Error) => {
        onError(error);
        // Without an answer nobody knows whether the channels are there. A refusal would only be repeated at once.
        if (client.status === 'ready' && error.name !== 'ReplyError') client.disconnect(true);
      },
    );
  });
}

/**
 * Subscribes as soon as there is a connection. Once it has been made, a subscription is taken up again by the client
 * itself whenever it reconnects.
 */
export function listenOn(subscriber: Redis | Cluster, channel: string): void {
  const subscribe = (): void => void subscriber.subscribe(channel).catch(() => undefined);
  subscriber.on('ready', subscribe);
  if (subscriber.status === 'ready') subscribe();
}
