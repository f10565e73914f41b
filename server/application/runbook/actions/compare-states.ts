import { counted } from '../../../domain/shared/counted.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import type { ReplaySummary } from '../../views.ts';
import { nothingFrozen } from './nothing-frozen.ts';
import type { OwnActionDeps } from './own-deps.ts';
import { duration } from './words.ts';

/** What the last comparison says. A new one is a replay. */
export function compareStatesAction(deps: OwnActionDeps): Action<'compare-states'> {
  return {
    preview: async ({ contract }) =>
      nothingFrozen(`It reads what the last replay of ${contract} found. It compares nothing anew.`),
    async perform({ contract }) {
      const standing = await deps.reads.standing(contract, undefined);
      if (standing === null || standing.comparisons.length === 0)
        return {
          sentence: `The states of ${contract} were never compared with history: a replay does that.`,
          outputs: { agreement: 'not-compared' },
          shown: [],
          links: [{ title: 'A new replay', href: `/replays/new?contract=${contract}` }],
        };
      const { replay, comparisons } = standing;
      const at = new Date(standing.plannedAt ?? replay.requestedAt);
      const ageMs = Math.max(0, deps.clock.now().getTime() - at.getTime());
      const differing = comparisons.reduce(
        (sum, each) => sum + each.missing + each.extra + each.different,
        0,
      );
      return {
        sentence: `As of ${duration(ageMs)} ago: ${replay.agreement ?? 'not compared'}, ${counted(differing, 'differing row')} in ${counted(comparisons.length, 'derived state')}. What has changed since then is not in it.${partOf(replay)}`,
        outputs: {
          differing,
          ageMs,
          replayId: replay.id,
          ...(replay.agreement === null ? {} : { agreement: replay.agreement }),
        },
        shown: [
          {
            kind: 'table',
            title: 'Derived states against history',
            columns: ['Derived state', 'Outcome', 'Keys', 'Missing', 'Extra', 'Different', 'Events behind'],
            rows: comparisons.map((each) => [
              each.derivedState,
              each.outcome,
              String(each.keys),
              String(each.missing),
              String(each.extra),
              String(each.different),
              each.eventsBehind,
            ]),
          },
        ],
        links: [{ title: 'The states', href: `/states/${contract}` }],
      };
    },
  };
}

/** Equal in the part that was looked at says nothing of the rest. */
const partOf = ({ coverage }: Pick<ReplaySummary, 'coverage'>) =>
  coverage?.kind === 'part' ? ` It is of a part of the history alone: ${coverage.sentence}` : '';
