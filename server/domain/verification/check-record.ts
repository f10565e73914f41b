import {
  approvalPredicateType,
  attachmentsNamedIn,
  breakGlassPredicateType,
  checkApproval,
  checkBreakGlass,
  checkPromotion,
  checkReview,
  checkRunbookStep,
  checkVerdict,
  type KnownStatement,
  planTextShown,
  promotionPredicateType,
  replayPredicateType,
  reviewPredicateType,
  runbookStepPredicateType,
  whatIsNotTold,
  wholeStatement,
  whyNotFollows,
} from '../evidence/index.ts';
import { decodeUtf8, toHex, utf8 } from '../shared/bytes.ts';
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

/**
 * Whether what the record concludes follows from what it lists. A part that is too long for the record is read from
 * the bundle, where `attachments` has held it against its digest; without it nothing is said.
 */
export async function checkMeaning(
  steps: Steps,
  bundle: Bundle | null,
  statement: KnownStatement | null,
  sha256: AsyncSha256,
): Promise<void> {
  if (!steps.needs('meaning', 'subjects', 'attachments') || bundle === null || statement === null) return;
  const texts = new Map(bundle.attachments.map(({ name, content }) => [name, decodeUtf8(content)]));
  const whole = wholeStatement(statement, texts);
  switch (whole.outcome) {
    case 'part-missing': {
      const parts = whole.parts.join(', ');
      steps.notRun('meaning', 'part-missing', `Parts of the record are not in the bundle: ${parts}.`);
      return;
    }
    case 'part-wrong':
      steps.fail('meaning', { code: 'meaning-wrong', sentence: whole.sentence });
      return;
    case 'whole': {
      const problem = whyMeaningless(whole.statement) ?? (await whyAnotherPlan(whole.statement, sha256));
      if (problem === null) steps.pass('meaning', sentenceOf(whole.statement), null);
      else steps.fail('meaning', { code: 'meaning-wrong', sentence: problem });
    }
  }
}

function sentenceOf(statement: KnownStatement): string {
  const open = statement.predicateType === replayPredicateType ? whatIsNotTold(statement.predicate) : null;
  const follows = 'What the record concludes follows from what it lists.';
  return open === null ? follows : `${follows} ${open}`;
}

/** A plan that is cut in the record has its hash with its parts only. */
async function whyAnotherPlan(statement: KnownStatement, sha256: AsyncSha256): Promise<string | null> {
  const text = planTextShown(statement);
  if (text === null || !('plan_hash' in statement.predicate)) return null;
  return toHex(await sha256(utf8(text))) === statement.predicate.plan_hash
    ? null
    : 'The plan has another hash with the parts that are beside the record.';
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
    case runbookStepPredicateType: {
      const verdict = checkRunbookStep(statement.predicate);
      return verdict.outcome === 'failed' ? verdict.sentence : null;
    }
    case reviewPredicateType: {
      const verdict = checkReview(statement.predicate);
      return verdict.outcome === 'failed' ? verdict.sentence : null;
    }
    case breakGlassPredicateType: {
      const verdict = checkBreakGlass(statement.predicate);
      return verdict.outcome === 'failed' ? verdict.sentence : null;
    }
  }
}
