import { Router } from 'express';
import type { LiveView, Snapshot } from '../console/live-view.ts';
import { GatewayError } from '../shared/errors.ts';
import { consoleFiles } from './console-page/console-files.ts';
import { type Onlookers, readOnlooker } from './operator.ts';
import { methodNotAllowed } from './send-problem.ts';
import { staticRoutes } from './static-routes.ts';

export interface ConsoleParts extends Onlookers {
  readonly live: Pick<LiveView, 'watch' | 'watchers'>;
}

const EVENTS = '/console/events';
/** Each of them is written to every second. */
const MOST_WATCHERS = 50;
const FULL_RETRY_MS = 60_000;
/** Whoever reads so slowly is told of fewer seconds. */
const MOST_UNREAD_BYTES = 262_144;

/** The page for everybody, what it shows for whoever may read the status. */
export function consoleRoutes({ live, ...onlookers }: ConsoleParts): Router {
  /** The same view goes to many. */
  const written = new WeakMap<Snapshot, string>();
  const eventOf = (view: Snapshot): string => {
    const event = written.get(view) ?? `data: ${JSON.stringify(view)}\n\n`;
    written.set(view, event);
    return event;
  };
  const router = Router({ caseSensitive: true, strict: true });
  router.get(EVENTS, async (req, res) => {
    const mayStill = await readOnlooker(req, res, onlookers);
    if (live.watchers >= MOST_WATCHERS) {
      const message = `This replica is watched by ${MOST_WATCHERS} already; close some of their pages.`;
      throw new GatewayError('unavailable', message, { retryAfterMs: FULL_RETRY_MS });
    }
    // Server-sent events, HTML §9.2; the header keeps nginx from collecting them.
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    res.flushHeaders();
    if (req.method === 'HEAD') return void res.end();
    const leave = live.watch((view) => {
      // Keys end and rights change while somebody watches.
      if (!mayStill()) return void res.end();
      if (res.writableLength < MOST_UNREAD_BYTES) res.write(eventOf(view));
    });
    res.once('close', leave);
  });
  router.all(EVENTS, methodNotAllowed('GET, HEAD'));
  router.use(staticRoutes(consoleFiles()));
  return router;
}
