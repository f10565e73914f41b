import { counted } from '@/components/ui/format-number.ts';
import { capitalised, listOf } from '@/components/ui/words.ts';
import type { ErasureView } from '@/server/application/views.ts';

type Part = ErasureView['counts'][number]['part'];

/** What one is called, and what several are, where that is not the same with an s. */
const words: Readonly<Record<Part, readonly [string] | readonly [string, string]>> = {
  states: ['replayed state'],
  discrepancies: ['difference'],
  findings: ['finding'],
  traces: ['history of a key', 'histories of keys'],
  seenBlocks: ['block of seen ids', 'blocks of seen ids'],
  promotionRows: ['row of a promotion', 'rows of promotions'],
  attachments: ['attachment'],
  words: ['text'],
  planKeys: ['key of the plan', 'keys of the plan'],
  previewedPlans: ['plan that was shown', 'plans that were shown'],
  savedViews: ['saved view'],
  sagas: ['row of a saga', 'rows of sagas'],
  deadLetters: ['text of a dead letter', 'texts of dead letters'],
};

/** `2 replayed states and 1 difference`; of an erasure that found nothing left, that. */
export function partsErased(counts: ErasureView['counts']): string {
  if (counts.length === 0) return 'What was left';
  const named = counts.map(({ part, count }) => {
    const [one, many] = words[part];
    return counted(count, one, many);
  });
  return capitalised(listOf(named));
}

/** How many of a part are gone, over all erasures. */
export function goneOf(erasures: readonly ErasureView[], part: Part): number {
  return erasures.reduce(
    (sum, { counts }) => sum + (counts.find((each) => each.part === part)?.count ?? 0),
    0,
  );
}

/** The erasure that took an attachment of a record; null where none is on record. */
export function erasureOf(
  erasures: readonly ErasureView[],
  evidenceId: string,
  name: string,
): ErasureView | null {
  return erasures.find(({ attachments }) => attachments.includes(`${evidenceId}/${name}`)) ?? null;
}
