import type { Role } from '../../domain/access/index.ts';
import {
  byMonth,
  daysLate,
  type MonthFigures,
  type OpinionSection,
  proposedDueOn,
  RECURRING_DAYS,
  whatIsMissing,
  whyNotSign,
} from '../../domain/review/index.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type { Page } from '../ports/page-reads.ts';
import type {
  ActionRow,
  OverdueAction,
  Recurring,
  ReviewFilter,
  ReviewRow,
  ReviewSummary,
  Signing,
  TextVersion,
  VersionLine,
} from '../ports/reviews.ts';
import type { ReviewDeps } from './deps.ts';
import { opinionsOf, readParts } from './document.ts';
import { createDrafting } from './draft.ts';
import { createExporting, type ExportDeps } from './export.ts';
import { createSigning } from './sign.ts';
import { createWriting } from './write.ts';

/** A review as its page shows it to one person. */
export type ReviewView = ReviewRow & {
  readonly texts: readonly TextVersion[];
  readonly actions: readonly (ActionRow & { readonly daysLate: number | null })[];
  readonly authors: readonly string[];
  readonly signings: readonly Omit<Signing, 'document' | 'markdown'>[];
  /** What keeps it from being completed, each a sentence. */
  readonly missing: readonly string[];
  /** Why who looks can't sign it; null: they can. */
  readonly whyNotSign: string | null;
  /** A day that is proposed for a new action. */
  readonly proposedDueOn: string;
};

export type ReviewOverview = {
  readonly unsigned: number;
  readonly overdue: readonly OverdueAction[];
  readonly recurring: readonly Recurring[];
  readonly months: readonly MonthFigures[];
  readonly recurringDays: number;
};

const MONTHS = 12;

export function createReviewDesk(deps: ReviewDeps & ExportDeps) {
  const { reviews, unitOfWork } = deps;
  return {
    ...createDrafting(deps),
    ...createWriting(deps),
    ...createSigning(deps),
    ...createExporting(deps),

    get: (
      id: string,
      who: { readonly id: string; readonly roles: readonly Role[] },
    ): Promise<ReviewView | null> =>
      unitOfWork.run(async (tx) => {
        const row = await reviews.get(tx, id);
        if (row === null) return null;
        const { texts, actions, authors } = await readParts(reviews, tx, row);
        const now = await reviews.now(tx);
        return {
          ...row,
          texts,
          actions: actions.map((each) => ({
            ...each,
            daysLate: daysLate(each.dueOn, each.mark?.done ?? false, now),
          })),
          authors,
          signings: await reviews.signings(tx, id),
          missing: whatIsMissing(opinionsOf(texts), actions),
          whyNotSign: whyNotSign(who, { status: row.status, authors, completedBy: row.completedBy }),
          proposedDueOn: proposedDueOn(row.facts.incident.class, now),
        };
      }),

    /** null: the incident has none. */
    ofIncident: (incidentId: string): Promise<string | null> =>
      unitOfWork.run((tx) => reviews.idOf(tx, incidentId)),

    versions: (id: string, section: OpinionSection, page: PageRequest): Promise<Page<VersionLine>> =>
      unitOfWork.run((tx) => reviews.versions(tx, id, section, page)),

    /** null: there is none of this number. */
    version: (id: string, section: OpinionSection, version: number): Promise<TextVersion | null> =>
      unitOfWork.run((tx) => reviews.text(tx, id, section, version)),

    list: (filter: ReviewFilter, page: PageRequest): Promise<Page<ReviewSummary>> =>
      unitOfWork.run((tx) => reviews.list(tx, filter, page)),

    overview: (): Promise<ReviewOverview> =>
      unitOfWork.run(async (tx) => {
        const now = await reviews.now(tx);
        const since = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - (MONTHS - 1), 1));
        return {
          unsigned: await reviews.unsigned(tx),
          overdue: await reviews.overdue(tx, null),
          recurring: await reviews.recurring(tx, RECURRING_DAYS),
          months: byMonth(await reviews.recoveredSince(tx, since), MONTHS, now),
          recurringDays: RECURRING_DAYS,
        };
      }),
  };
}

export type ReviewDesk = ReturnType<typeof createReviewDesk>;
