import { z } from 'zod';
import type { ActionParams } from '../../../domain/runbook/index.ts';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { derivedId } from '../../../domain/shared/derived-id.ts';
import type { Sha256 } from '../../../domain/shared/digests.ts';
import type { CorrectionsBefore, EarlierCorrection } from '../../ports/corrections.ts';
import type { Shown } from '../../ports/runbook-actions.ts';
import { overtaken, type refuse } from './deps.ts';

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
}> {
  const known = (await before(proposed)).map(
    (each): Known => ({ ...each, frozen: frozenCorrection.safeParse(each.frozen).data ?? null }),
  );
  const isSame = ({ frozen }: Known) =>
    frozen !== null &&
    frozen.identity === identity &&
    asText(frozen.correction as Pick<Proposed, 'type' | 'data'>) === asText(proposed);
  return {
    same: known.find(isSame)?.frozen ?? undefined,
    others: known.filter((each) => !isSame(each)),
    attemptIds: known.map(({ attemptId }) => attemptId),
  };
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
