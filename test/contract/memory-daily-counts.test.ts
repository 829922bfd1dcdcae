import { MemoryDailyCounts } from '../../src/quota/memory-daily-counts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { dailyCountsContract } from './daily-counts.suite.ts';

dailyCountsContract('the daily counts in memory', async () => {
  const clock = new ManualClock();
  return {
    counts: new MemoryDailyCounts(clock),
    advance: (ms) => clock.advance(ms),
    close: async () => {},
  };
});
