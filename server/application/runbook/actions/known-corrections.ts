import { z } from 'zod';
import type { ActionParams } from '../../../domain/runbook/index.ts';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { derivedId } from '../../../domain/shared/derived-id.ts';
import type { Sha256 } from '../../../domain/shared/digests.ts';
import type { CorrectionsBefore, EarlierCorrection } from '../../ports/corrections.ts';
import type { Shown } from '../../ports/runbook-actions.ts';
import { overtaken, refuse } from './deps.ts';

/** What is approved of a compensating event. */
export const frozenCorrection = z.object({
  service: z.string(),
  identity: z.string(),
  /** Where each partition ended before there was the event: before the first attempt that may have published it. */
  ends: z.record(z.string(), z.string()),
  /** An earlier attempt may have published it. */
  again: z.boolean(),
  /** Attempts, of whichever run, that may have published a correction of the same event by then. */
  before: z.array(z.string()).default([]),
  correction: z.object({
    eventId: z.string(),
    type: z.string(),
    version: z.number(),
    key: z.string(),
    occurredAt: z.string(),
    data: z.record(z.string(), z.unknown()),
    corrects: z.object({
      eventId: z.string(),
      originalValue: z.string(),
      correctedValue: z.string(),
      reason: z.string(),
      correctedBy: z.string(),
      ticket: z.string(),
    }),
  }),
});
export type FrozenCorrection = z.output<typeof frozenCorrection>;

type Proposed = Pick<ActionParams<'compensate'>, 'contract' | 'originalEventId' | 'type' | 'data'>;
type Known = Omit<EarlierCorrection, 'frozen'> & { readonly frozen: FrozenCorrection | null };

const asText = ({ type, data }: Pick<Proposed, 'type' | 'data'>) => canonicalJson({ type, data });

/** What was done about the same event before, in this run and in others. */
export async function knownCorrections(
  before: CorrectionsBefore,
  proposed: Proposed,
  identity: string,
): Promise<{
  /** The first that may have published this very event. */
  readonly same: FrozenCorrection | undefined;
  readonly others: readonly Known[];
  readonly attemptIds: readonly string[];
  /** Corrected otherwise since this very event was published: to publish it once more would change nothing. */
  readonly since: Known | undefined;
}> {
  const known = (await before(proposed)).map(
    (each): Known => ({ ...each, frozen: frozenCorrection.safeParse(each.frozen).data ?? null }),
  );
  const isSame = ({ frozen }: Known) =>
    frozen !== null &&
    frozen.identity === identity &&
    asText(frozen.correction as Pick<Proposed, 'type' | 'data'>) === asText(proposed);
  const others = known.filter((each) => !isSame(each));
  const published = known.filter((each) => isSame(each) && each.status === 'succeeded');
  return {
    same: known.find(isSame)?.frozen ?? undefined,
    others,
    // None is begun but by whoever has seen all that were before.
    since: others.findLast(({ frozen }) =>
      published.some(({ attemptId }) => frozen?.before.includes(attemptId)),
    ),
    attemptIds: known.map(({ attemptId }) => attemptId),
  };
}

/** An event of one id is published once, so that correcting back by it would publish nothing, and say that it is done. */
export function refuseCorrectedBack(
  { same, since }: Pick<Awaited<ReturnType<typeof knownCorrections>>, 'same' | 'since'>,
  originalEventId: string,
): void {
  if (same === undefined || since === undefined) return;
  const later = since.frozen?.correction.eventId ?? 'another event';
  throw refuse(
    `Correction ${same.correction.eventId} stands in the history already, and ${later} has corrected ${originalEventId} otherwise since, or may have: the same once more would publish nothing. Correct ${later} instead, once the history holds it.`,
    later,
  );
}

/** Whoever looked at it, and approved it, has not seen what others have published since. */
export async function refuseCorrectedSince(
  before: CorrectionsBefore,
  proposed: Proposed,
  seen: readonly string[],
  refused: typeof refuse = overtaken,
): Promise<void> {
  const since = (await before(proposed)).find(({ attemptId }) => !seen.includes(attemptId));
  if (since !== undefined)
    throw refused(
      `Event ${proposed.originalEventId} was corrected in the run “${since.runTitle}” since this was looked at, or may have been: look at it again.`,
      since.runId,
    );
}

/**
 * Derived from what is corrected how, so that proposing the same again is the same event, whichever run and attempt it
 * is: nobody may have been able to tell whether an earlier one published it. A UUID, as many outboxes want one.
 */
export const correctionId = (
  sha256: Sha256,
  { contract, originalEventId, type, data }: Proposed,
  identity: string,
): string => derivedId(sha256, canonicalJson({ contract, identity, originalEventId, type, data }));

export const othersInWords = (others: readonly Known[]): string =>
  others.length === 0
    ? ''
    : ` It has been corrected before, or may have been, by ${counted(others.length, 'other event')}: look at ${others.length === 1 ? 'that' : 'those'} first.`;

export const shownOthers = (others: readonly Known[]): readonly Shown[] =>
  others.length === 0
    ? []
    : [
        {
          kind: 'table',
          title: 'Corrections of the same event before this one',
          columns: ['Run', 'Asked for by', 'Asked for at', 'Ended as', 'Event'],
          rows: others.map(({ runTitle, requestedBy, requestedAt, status, frozen }) => [
            runTitle,
            requestedBy,
            requestedAt.toISOString(),
            status,
            frozen?.correction.eventId ?? 'not known',
          ]),
        },
      ];
