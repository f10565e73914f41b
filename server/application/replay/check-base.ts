import { RepriseError } from '../../domain/shared/errors.ts';
import type { Phase } from './phase.ts';
import { ShadowDigest } from './shadow-digest.ts';

/**
 * Whether the base still is what the plan names by its digest; throws RepriseError base-unfit where it is not. The
 * database lets no state of a replay that has ended be changed or taken away, and lets one be added: looking at every
 * row that is copied in would cost a quarter of a fold. So this is asked once a replay and not once a partition (there
 * is one digest over all of them), and after whatever reads the base's states has read them, folding, merging and
 * comparing: a row that was there then is there now. It reads the base's states once more, by a cursor, which takes
 * about as long as the base's own digest took when it was merged, whatever part of it this replay has gone on from.
 */
export async function refuseChangedBase({ deps, running, signal }: Phase): Promise<void> {
  const { base } = running.plan;
  if (base === null) return;
  const digest = new ShadowDigest(deps.startSha256);
  await deps.unitOfWork.run(
    async (tx) => {
      for await (const rows of deps.results.shadowInKeyOrder(tx, base.replayId)) {
        signal.throwIfAborted();
        for (const row of rows) digest.add(row.key, row.state);
      }
    },
    { snapshot: true },
  );
  if (digest.end() === base.shadowDigest) return;
  throw new RepriseError(
    'base-unfit',
    `The states of replay ${base.replayId}, which this one goes on from, are not those that its record names by their digest: they were changed after it ended. Nothing that follows from them holds. Replay the whole history, or go on from another replay.`,
    { where: `replay ${base.replayId}` },
  );
}
