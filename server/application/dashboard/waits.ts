import { mayDo } from '../../domain/access/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import type { WaitingRedrive } from '../dead-letters/redrive/waiting.ts';
import type { Glass } from '../ports/break-glass.ts';
import type { OverviewView } from '../ports/page-reads.ts';
import type { Person } from '../ports/people.ts';
import type { WaitingAttempt } from '../ports/runs.ts';
import type { WaitingPromotionView } from '../promotion/views.ts';
import type { WaitingView } from '../views.ts';

type Need = OverviewView['needsYou'][number];
/** null: the reader may decide. */
type Decidable = { readonly whyNot: string | null };

/** What waits for a decision, each kind with the oldest first, and at most `LISTED` of it. */
export type Waits = {
  readonly replays: readonly (Pick<WaitingView, 'replayId' | 'contractId' | 'requestedAt'> & Decidable)[];
  readonly promotions: readonly (Pick<
    WaitingPromotionView,
    'id' | 'keys' | 'derivedState' | 'contractId' | 'requestedAt'
  > &
    Decidable)[];
  readonly steps: readonly (Pick<WaitingAttempt, 'title' | 'runTitle' | 'runId'> &
    Decidable & { readonly requestedAt: string })[];
  readonly redrives: readonly (Pick<
    WaitingRedrive,
    'id' | 'letters' | 'isEdited' | 'state' | 'contractId' | 'requestedAt'
  > &
    Decidable)[];
  readonly reviews: readonly (Glass & Decidable)[];
};

/** How many of a kind the lists behind it hold at most: what waits beyond is not counted. */
export const LISTED = 200;
/** How many of a kind have a line of their own. */
const NAMED = 20;

/** What waits for this reader's decision, and what for that of others. */
export function sortWaits(
  waits: Waits,
  titleOf: (contractId: string) => string,
): { readonly yours: readonly Need[]; readonly others: readonly Need[] } {
  const sorted = [
    parted(waits.replays, 'replay', (each) => ({
      sentence: `A replay of ${titleOf(each.contractId)} waits for approval.`,
      href: `/replays/${each.replayId}`,
      since: each.requestedAt,
    })),
    parted(waits.promotions, 'promotion', (each) => ({
      sentence: `A promotion of ${counted(each.keys, 'key')} of ${each.derivedState} (${each.contractId}) waits for approval.`,
      href: `/promotions/${each.id}`,
      since: each.requestedAt,
    })),
    parted(waits.steps, 'step', (each) => ({
      sentence: `A step of a runbook waits for approval: ${each.title} (${each.runTitle}).`,
      href: `/runbooks/runs/${each.runId}`,
      since: each.requestedAt,
    })),
    parted(waits.redrives, 'redrive', (each) => ({
      sentence: `${each.isEdited ? 'An edited dead letter' : `A redrive of ${counted(each.letters, 'dead letter')}`} of ${each.state} (${each.contractId}) waits for approval.`,
      href: `/dead-letters/redrives/${each.id}`,
      since: each.requestedAt,
    })),
    parted(waits.reviews, 'review', ({ subjectKind, contractId, second }) => ({
      sentence: `Two people let a ${subjectKind} of ${contractId} run without its approvals, and nobody has reviewed that.`,
      href: '/approvals',
      since: second?.at ?? null,
    })),
  ];
  return { yours: sorted.flatMap(({ yours }) => yours), others: sorted.flatMap(({ others }) => others) };
}

type Line = Pick<Need, 'sentence' | 'href' | 'since'>;

function parted<Item extends Decidable>(items: readonly Item[], what: string, toLine: (item: Item) => Line) {
  const isCut = items.length >= LISTED;
  const linesOf = (some: readonly Item[]) => lines(some.map(toLine), what, isCut);
  return {
    yours: linesOf(items.filter(({ whyNot }) => whyNot === null)),
    others: linesOf(items.filter(({ whyNot }) => whyNot !== null)),
  };
}

function lines(all: readonly Line[], what: string, isCut: boolean): readonly Need[] {
  const named = all.slice(0, NAMED).map((line): Need => ({ kind: 'approval', ...line }));
  const [first, ...rest] = all.slice(NAMED);
  if (first === undefined) return named;
  const count = rest.length + 1;
  const sentence = `${isCut ? 'At least ' : ''}${counted(count, `more ${what}`)} ${count === 1 ? 'waits' : 'wait'}.`;
  return [...named, { kind: 'approval', sentence, href: '/approvals', since: first.since, count }];
}

/** Who broke the glass, or asked for what it let run, is not the one who reviews that. */
export function whyNotReview(glass: Glass, reader: Pick<Person, 'id' | 'roles'>): string | null {
  if (!mayDo(reader.roles, 'review')) return 'Reviewing broken glass needs the right "review".';
  return [glass.firstBy, glass.second?.by, glass.requestedBy].includes(reader.id)
    ? 'Somebody else reviews what you had a part in.'
    : null;
}
