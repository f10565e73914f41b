import { RepriseError } from '../../../domain/shared/errors.ts';
import { refuseLost } from '../../approval/refuse-stale.ts';
import { type AskDeps, mustFind, note } from './ask.ts';

/**
 * Ends the wait for letters that were sent and that their consumer was not seen to come past, before the week is over:
 * where its group is another by now, nobody comes past them ever. Another redrive may send them from then on, and where
 * their consumer comes to what was sent after all, it gets them twice.
 */
export function endWait(
  deps: AskDeps,
  request: { readonly redriveId: string; readonly reason: string; readonly actor: string },
): Promise<{ readonly letters: number }> {
  const { redriveId, actor } = request;
  const reason = request.reason.trim();
  return deps.unitOfWork.run(async (tx) => {
    await mustFind(deps, tx, redriveId);
    await refuseLost(deps, tx, actor, 'respond');
    if (reason === '')
      throw new RepriseError('input-invalid', 'Ending the wait has a reason.', { where: 'reason' });
    const end = { id: deps.newId(), personId: actor, reason };
    const letters = await deps.redrives.endWait(tx, redriveId, end);
    if (letters === 0)
      throw new RepriseError(
        'redrive-conflict',
        'No letter of it is waited for: only those that are not known, and are looked for all the same, can be given up.',
      );
    await note(deps, tx, redriveId, actor, 'redrive.wait-ended', { letters });
    return { letters };
  });
}
