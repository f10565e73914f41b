import { counted } from '../../domain/shared/counted.ts';
import type { ReviewDeps } from './deps.ts';

/** Tells whoever an action belongs to that it is late: once for each day on which it was due. Answers how many. */
export async function remindOfOverdue(
  deps: Pick<ReviewDeps, 'unitOfWork' | 'reviews' | 'notices' | 'live'>,
): Promise<number> {
  return deps.unitOfWork.run(async (tx) => {
    const late = await deps.reviews.takeUntold(tx);
    for (const { reviewId, owner, daysLate, contractId, dueOn } of late)
      await deps.notices.tell(tx, {
        kind: 'review-overdue',
        subject: { kind: 'review', id: reviewId },
        contractId: contractId ?? '',
        contractVersion: 0,
        requestedBy: '',
        audience: [owner === null ? 'responders' : 'named'],
        why: `it was due on ${dueOn}, ${counted(daysLate, 'day')} ago, and nobody has said that it is done`,
        ...(owner === null ? {} : { to: [owner] }),
      });
    if (late.length > 0) await deps.live.notify(tx, 'reviews');
    return late.length;
  });
}
