import {
  approvalPredicateType,
  attachmentsNamedIn,
  checkApproval,
  checkPromotion,
  checkVerdict,
  type KnownStatement,
  promotionPredicateType,
  replayPredicateType,
  whyNotFollows,
} from '../evidence/index.ts';
import { toHex } from '../shared/bytes.ts';
import type { AsyncSha256 } from '../shared/signatures.ts';
import type { Bundle } from './bundle.ts';
import type { Steps } from './steps.ts';

/**
 * Whether each attachment is the one that the record names. One that the record names and the bundle lacks is no
 * fault: what was said in words can be erased, and nobody can tell that from one that was left out.
 */
export async function checkAttachments(
  steps: Steps,
  bundle: Bundle | null,
  statement: KnownStatement | null,
  sha256: AsyncSha256,
): Promise<void> {
  if (!steps.needs('attachments', 'canonical-statement') || bundle === null || statement === null) return;
  const named = attachmentsNamedIn(statement);
  for (const { name, sha256: said, content } of bundle.attachments) {
    const wanted = named.find((each) => each.name === name);
    if (wanted === undefined) {
      steps.fail('attachments', {
        code: 'attachment-unknown',
        sentence: `The record names no attachment ${JSON.stringify(name)}.`,
      });
      return;
    }
    if (said !== wanted.sha256 || toHex(await sha256(content)) !== wanted.sha256) {
      steps.fail('attachments', {
        code: 'attachment-wrong',
        sentence: `The attachment ${JSON.stringify(name)} is not the one that the record names by its digest.`,
      });
      return;
    }
  }
  const here = new Set(bundle.attachments.map(({ name }) => name));
  const absent = named.filter(({ name }) => !here.has(name)).map(({ name }) => name);
  steps.pass(
    'attachments',
    absent.length === 0
      ? 'Every attachment is the one that the record names.'
      : `Every attachment is one that the record names. Erased or not in the bundle: ${absent.join(', ')}.`,
    null,
  );
}

/** Whether what the record concludes follows from what it lists. */
export function checkMeaning(steps: Steps, statement: KnownStatement | null): void {
  if (!steps.needs('meaning', 'canonical-statement', 'subjects') || statement === null) return;
  const problem = whyMeaningless(statement);
  if (problem === null) steps.pass('meaning', 'What the record concludes follows from what it lists.', null);
  else steps.fail('meaning', { code: 'meaning-wrong', sentence: problem });
}

function whyMeaningless(statement: KnownStatement): string | null {
  switch (statement.predicateType) {
    case replayPredicateType: {
      const verdict = checkVerdict(statement);
      return verdict.outcome === 'failed' ? verdict.sentence : whyNotFollows(statement.predicate);
    }
    case promotionPredicateType: {
      const verdict = checkPromotion(statement);
      return verdict.outcome === 'failed' ? verdict.sentence : null;
    }
    case approvalPredicateType: {
      const verdict = checkApproval(statement.predicate);
      return verdict.outcome === 'failed' ? verdict.sentence : null;
    }
  }
}
