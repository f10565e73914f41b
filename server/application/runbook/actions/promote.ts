import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import { requestPromotion } from '../../promotion/request-promotion.ts';
import type { OwnActionDeps } from './own-deps.ts';

const LOOK_MS = 1_000;

/** Asks for a promotion as a person would, and waits for its approvals and its end, which are its own. */
export function promoteAction(deps: OwnActionDeps): Action<'promote'> {
  return {
    async preview({ replayId, state }) {
      const replay = await deps.reads.replay(replayId);
      if (replay === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
      const compared = replay.comparisons.find(({ derivedState }) => derivedState === state);
      if (compared === undefined)
        throw new RepriseError('runbook-refused', `The replay did not compare ${state}.`);
      const keys = compared.missing + compared.extra + compared.different;
      if (keys === 0)
        throw new RepriseError('runbook-refused', `By this replay there is nothing to correct in ${state}.`);
      return {
        sentence: `It would ask for ${keys} keys of ${state} to be written as the replay says, once somebody else has approved exactly these.`,
        shown: [],
        frozen: { diffDigest: compared.diffDigest },
      };
    },
    async perform({ replayId, state, reason }, frozen, { personId, signal, say }) {
      const replay = await deps.reads.replay(replayId);
      const compared = replay?.comparisons.find(({ derivedState }) => derivedState === state);
      if (compared?.diffDigest !== frozen.diffDigest)
        throw new RepriseError('runbook-overtaken', 'The replay says something else than was looked at.');
      const { promotionId } = await requestPromotion(deps, {
        replayId,
        derivedState: state,
        keys: null,
        fields: null,
        reason,
        actor: personId,
        provenWhenAsked: true,
        sessionId: null,
      });
      const href = `/promotions/${promotionId}`;
      let said = '';
      for (;;) {
        const row = await deps.unitOfWork.run((tx) => deps.promotions.find(tx, promotionId));
        if (row === null) throw new RepriseError('promotion-not-found', `Promotion ${promotionId} is gone.`);
        if (row.status !== said) {
          said = row.status;
          say(said === 'awaiting-approval' ? 'It waits for approval, on its own page.' : `It is ${said}.`);
        }
        if (row.endedAt !== null) {
          const written = row.outcome?.written ?? 0;
          if (row.status !== 'promoted')
            throw new RepriseError(
              'runbook-refused',
              `The promotion ended as ${row.status}: ${row.failure ?? 'its page says why'} (${href})`,
            );
          return {
            sentence: `Promoted ${written} rows of ${state}.`,
            outputs: {
              promotionId,
              status: row.status,
              written,
              ...(row.evidenceId === null ? {} : { evidenceId: row.evidenceId }),
            },
            shown: [],
            links: [{ title: 'The promotion', href }],
          };
        }
        await deps.pause(LOOK_MS, signal);
      }
    },
  };
}
