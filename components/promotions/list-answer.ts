import { counted, formatCount } from '@/components/ui/format-number.ts';
import { listOf } from '@/components/ui/words.ts';
import type { OpenPromotions } from '@/server/application/ports/promotions.ts';

/** The list's one sentence: of all promotions that have not ended, however many of the list were read. */
export function listAnswer({ running, queued, waiting }: OpenPromotions, any: boolean): string {
  const parts = [
    { count: running, one: 'is being written', many: 'are being written' },
    { count: queued, one: 'is approved and has not begun', many: 'are approved and have not begun' },
    { count: waiting, one: 'waits for approval', many: 'wait for approval' },
  ].filter(({ count }) => count > 0);
  if (parts.length === 0) return any ? 'No promotion is on its way.' : 'Nothing has been promoted yet.';
  const said = parts.map(({ count, one, many }, at) => {
    const what = at === 0 ? counted(count, 'promotion') : formatCount(count);
    return `${what} ${count === 1 ? one : many}`;
  });
  return `${listOf(said)}.`;
}
