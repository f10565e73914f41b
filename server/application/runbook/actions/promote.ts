import type { ActionParams } from '../../../domain/runbook/index.ts';
import { derivedId } from '../../../domain/shared/derived-id.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Action, ActionContext } from '../../ports/runbook-actions.ts';
import { promotableState, requestPromotion, waysOf } from '../../promotion/request-promotion.ts';
import { own } from './effect.ts';
import { isLeft, leftGoing, untilNextLook } from './left-going.ts';
import type { OwnActionDeps } from './own-deps.ts';

const LOOK_MS = 1_000;

/**
 * Asks for a promotion as a person would, and waits for its approvals and its end, which are its own. It has an id that
 * comes from the attempt's, by which whoever takes that up again finds it.
 */
export function promoteAction(deps: OwnActionDeps): Action<'promote'> {
  return {
    async preview({ replayId, state }) {
      const replay = await deps.reads.replay(replayId);
      if (replay === null) throw new RepriseError('replay-not-found', `There is no replay ${replayId}.`);
      // What is always refused afterwards is not promised.
      const target = await promotableState(deps, replayId, state);
      const compared = replay.comparisons.find(({ derivedState }) => derivedState === state);
      if (compared === undefined)
        throw new RepriseError('runbook-refused', `The replay did not compare ${state}.`);
      const keys = compared.missing + compared.extra + compared.different;
      if (keys === 0)
        throw new RepriseError('runbook-refused', `By this replay there is nothing to correct in ${state}.`);
      const ways = (['missing', 'extra', 'different'] as const).filter((kind) => compared[kind] > 0);
      await deps.target.check(target.state, waysOf(ways.map((kind) => ({ kind }))));
      return {
        sentence: `It would ask for ${keys} keys of ${state} to be written as the replay says, once somebody else has approved exactly these.`,
        shown: [],
        frozen: { diffDigest: compared.diffDigest },
      };
    },
    async perform(params, frozen, context) {
      const { signal, say } = context;
      const promotionId = await ask(deps, params, frozen, context);
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
          const isPromoted = row.status === 'promoted';
          return {
            ...(isPromoted ? {} : { failed: true }),
            sentence: isPromoted
              ? `Promoted ${written} rows of ${params.state}.`
              : `The promotion ended as ${row.status}: ${row.failure ?? 'its page says why.'}`,
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
        if (isLeft(signal))
          return leftGoing(
            { what: 'promotion', status: row.status, href },
            { promotionId, status: row.status },
            signal,
          );
        await untilNextLook(deps, LOOK_MS, signal);
      }
    },
  };
}

async function ask(
  deps: OwnActionDeps,
  { replayId, state, reason }: ActionParams<'promote'>,
  frozen: Readonly<Record<string, unknown>>,
  context: ActionContext,
): Promise<string> {
  const promotionId = derivedId(deps.sha256, `promotion of attempt ${context.attemptId}`);
  const known = await deps.unitOfWork.run((tx) => deps.promotions.find(tx, promotionId));
  if (known !== null) return known.id;
  const replay = await deps.reads.replay(replayId);
  const compared = replay?.comparisons.find(({ derivedState }) => derivedState === state);
  if (compared?.diffDigest !== frozen.diffDigest)
    throw new RepriseError('runbook-overtaken', 'The replay says something else than was looked at.');
  const asked = await own(context, () =>
    requestPromotion(deps, {
      promotionId,
      replayId,
      derivedState: state,
      keys: null,
      fields: null,
      reason,
      actor: context.personId,
      provenWhenAsked: true,
      sessionId: null,
    }),
  );
  return asked.promotionId;
}
