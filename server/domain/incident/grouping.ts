import type { IncidentClass } from '../contract/index.ts';
import { classOf, type IncidentKind, isMoreUrgent, whyNoClass } from './classes.ts';
import { type IncidentStatus, isOpen } from './lifecycle.ts';

const MINUTE_MS = 60_000;
/** A cause that is back within this of its incident's recovery is the same incident. */
export const COOL_DOWN_MS = 4 * 60 * MINUTE_MS;
/** Incidents of one contract that were opened within this of each other are shown as related. */
export const RELATED_MS = 30 * MINUTE_MS;
/** The same cause, told again, is another line only after so long: figures move on without one. */
export const TOLD_AGAIN_MS = 15 * MINUTE_MS;

/** The newest incident of a cause. */
export type KnownIncident = {
  readonly status: IncidentStatus;
  readonly class: IncidentClass;
  /** A person has said the class: a signal does not change it. */
  readonly classIsSaid: boolean;
  readonly recoveredAt: Date | null;
  /** null: the cause goes on, as far as is known. */
  readonly clearedAt: Date | null;
  readonly lastToldAt: Date;
};

/**
 * What a signal comes to. `returned`: it had been over. `worse`: with the class it has now. `again`: a line in the
 * timeline; `same`: its figures alone.
 */
export type Heard =
  | { readonly is: 'new'; readonly class: IncidentClass }
  | { readonly is: 'back'; readonly class: IncidentClass }
  | { readonly is: 'worse'; readonly class: IncidentClass; readonly isSaid: boolean }
  | { readonly is: 'returned' | 'again' | 'same' };

export function hearSignal(
  signal: {
    readonly kind: IncidentKind;
    readonly suggestedClass: IncidentClass;
    /** It is over by now: what was over stays so. */
    readonly isOver?: boolean;
  },
  known: KnownIncident | null,
  now: Date,
): Heard {
  const said = classOf(signal);
  if (known === null) return { is: 'new', class: said };
  // One that nobody may give counts for nothing, whoever gave it before that was so.
  const isSaid = known.classIsSaid && whyNoClass(signal.kind, known.class) === null;
  if (!isOpen(known.status)) {
    const since = known.recoveredAt;
    const isCooling = since !== null && now.getTime() - since.getTime() <= COOL_DOWN_MS;
    if (!isCooling) return { is: 'new', class: said };
    return { is: 'back', class: isSaid || isMoreUrgent(known.class, said) ? known.class : said };
  }
  if (isMoreUrgent(said, known.class) && !isSaid) return { is: 'worse', class: said, isSaid: false };
  if (known.clearedAt !== null && signal.isOver !== true) return { is: 'returned' };
  return { is: now.getTime() - known.lastToldAt.getTime() >= TOLD_AGAIN_MS ? 'again' : 'same' };
}

export function areRelated(
  one: { readonly contractId: string | null; readonly openedAt: Date },
  other: { readonly contractId: string | null; readonly openedAt: Date },
): boolean {
  if (one.contractId === null || one.contractId !== other.contractId) return false;
  return Math.abs(one.openedAt.getTime() - other.openedAt.getTime()) <= RELATED_MS;
}
