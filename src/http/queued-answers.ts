import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Closes all answers of a connection with it. Node tells only the one that is being sent; those to requests sent ahead
 * (RFC 9112 §9.3.2) wait for their turn, which never comes, and would keep what they hold: memory, a place, a flight.
 */
export function closeQueuedAnswers(): RequestListener {
  const begun = new WeakMap<Socket, Set<ServerResponse>>();
  return ({ socket }, res) => {
    // It has its turn, so Node will tell it.
    if (res.socket !== null) return;
    const answers = begun.get(socket) ?? watch(socket, new Set());
    begun.set(socket, answers);
    answers.add(res);
    res.once('close', () => answers.delete(res));
  };
}

function watch(socket: Socket, answers: Set<ServerResponse>): Set<ServerResponse> {
  socket.once('close', () => {
    for (const res of answers) {
      // The one that has its turn is told by Node.
      if (res.socket !== null) continue;
      res.destroy();
      res.emit('close');
    }
  });
  return answers;
}
