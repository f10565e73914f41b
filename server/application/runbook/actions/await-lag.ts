import { RepriseError } from '../../../domain/shared/errors.ts';
import type { LagSubjectView } from '../../lag/read-lag.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import { nothingFrozen } from './nothing-frozen.ts';
import type { OwnActionDeps } from './own-deps.ts';

const LOOK_MS = 2_000;
/** Samples in a row that have to be under it: one alone may be a moment between two batches. */
const SAMPLES = 2;

/** Looks at what is measured anyway; what is not measured is not under anything. */
export function awaitLagAction(deps: OwnActionDeps): Action<'await-lag'> {
  const find = async (contract: string, of: string): Promise<LagSubjectView> => {
    const { subjects } = await deps.lag.list();
    const own = subjects.filter(({ contractId }) => contractId === contract);
    const found = own.find(({ name }) => name === of);
    if (found !== undefined) return found;
    throw new RepriseError(
      'input-invalid',
      `Nothing of ${contract} is measured under the name ${of}; there are ${own.map(({ name }) => name).join(', ') || 'none'}.`,
      { where: 'of' },
    );
  };
  return {
    async preview({ contract, of, underMs, withinSeconds }) {
      const now = await find(contract, of);
      return nothingFrozen(
        `It waits up to ${withinSeconds} s until ${of} is at most ${underMs} ms behind. Now: ${wordsOf(now)}.`,
      );
    },
    async perform({ contract, of, underMs, withinSeconds }, _frozen, { signal, say, begunMs }) {
      // What is waited for is not waited for longer because workers come and go.
      const beganAt = deps.clock.now().getTime() - begunMs;
      // What was measured before, as before the step that was to help, says nothing of how it is now.
      const before = await find(contract, of);
      say(`${wordsOf(before)}, before it waited.`);
      let sample = before.sampledAt;
      let under = 0;
      for (;;) {
        const now = await find(contract, of);
        const waitedMs = deps.clock.now().getTime() - beganAt;
        // Each sample counts once, however often it is looked at.
        if (now.sampledAt !== sample) {
          sample = now.sampledAt;
          const { ageMs, records, stale, unknownPartitions } = now;
          const isKnown = !stale && unknownPartitions === 0 && records !== null;
          under = isKnown && (ageMs ?? 0) <= underMs && (ageMs !== null || records === '0') ? under + 1 : 0;
          say(`${wordsOf(now)}.`);
          if (under >= SAMPLES && records !== null)
            return {
              sentence: `${of} is ${wordsOf(now)}, after ${Math.round(waitedMs / 1000)} s.`,
              outputs: { lagMs: ageMs ?? 0, lag: records, waitedMs },
              shown: [],
              links: [
                {
                  title: 'The lag',
                  href: `/lag/${encodeURIComponent(contract)}/${encodeURIComponent(`${now.kind}:${of}`)}`,
                },
              ],
            };
        }
        if (waitedMs >= withinSeconds * 1000)
          throw new RepriseError(
            'runbook-refused',
            `After ${withinSeconds} s ${of} is not under ${underMs} ms yet: it is ${wordsOf(now)}.`,
          );
        await deps.pause(LOOK_MS, signal);
      }
    },
  };
}

function wordsOf({ stale, records, ageMs, verdict, why }: LagSubjectView): string {
  if (stale || records === null) return `not known (${why})`;
  return `${verdict}, ${records} records and ${ageMs ?? 0} ms behind`;
}
