import { refusals as all, refuse, shownRefusal } from '../support/refusals.ts';
import type { Soak } from './soak.ts';

/** What the gateway says to each setting it does not start with, as a transcript. */
export const refusals: Soak = async (_options, say) => {
  let asRequired = true;
  for (const refusal of all) {
    const { code, lines, repeated } = await refuse(refusal);
    const isSaid = [refusal.says].some((says) =>
      typeof says === 'string' ? lines.join('\n').includes(says) : says.test(lines.join('\n')),
    );
    say(`\n${refusal.what}`);
    for (const line of shownRefusal(refusal)) say(`  ${line}`);
    say(`  exit code ${code}`);
    for (const line of lines) say(`  > ${line}`);
    if (repeated.length > 0) say(`  REPEATS ${repeated.length} secret value(s)`);
    if (!isSaid || code !== (refusal.code ?? 78) || repeated.length > 0) asRequired = false;
  }
  say(`\n${all.length} settings, none of them started with.`);
  return asRequired;
};
