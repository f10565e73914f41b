import { canonicalJson } from '../shared/canonical-json.ts';
import {
  approvalPredicateType,
  breakGlassPredicateType,
  promotionPredicateType,
  replayPredicateType,
  reviewPredicateType,
  runbookStepPredicateType,
} from './predicate-types.ts';
import { rowsName } from './promotion-record.ts';
import type { Subject } from './record.ts';
import { remarksName } from './remarks.ts';
import { resultName } from './runbook-step-record.ts';
import type { KnownStatement } from './statement.schema.ts';

/** What stands beside a record, as the record names it. What may be erased can be absent without anything being wrong. */
export type NamedAttachment = { readonly name: string; readonly sha256: string; readonly erasable: boolean };

/** Everything that a record names by its digest and that is kept beside it. */
export function attachmentsNamedIn(statement: KnownStatement): readonly NamedAttachment[] {
  const { predicate } = statement;
  const named: NamedAttachment[] = [];
  if ('remarks' in predicate)
    named.push({ name: remarksName, sha256: predicate.remarks.sha256, erasable: true });
  if ('rows' in predicate) named.push({ name: rowsName, sha256: predicate.rows.sha256, erasable: true });
  if ('result' in predicate)
    named.push({ name: resultName, sha256: predicate.result.sha256, erasable: true });
  if ('attachments' in predicate)
    for (const { of, sha256 } of predicate.attachments) named.push({ name: of, sha256, erasable: false });
  return named;
}

/** The subjects that a statement has by what its predicate says: name and SHA-256 of each, in order. */
export function subjectsOf(statement: KnownStatement): readonly Subject[] {
  const subject = (name: string, sha256: string | null): readonly Subject[] =>
    sha256 === null ? [] : [{ name, digest: { sha256 } }];
  switch (statement.predicateType) {
    case replayPredicateType: {
      const { plan_hash, digests, contract } = statement.predicate;
      const found = [
        ...subject('plan', plan_hash),
        ...subject('shadow-state', digests.shadow_state),
        ...subject('diff', digests.diff),
      ];
      return found.length > 0 ? found : subject('contract-bundle', contract.bundleDigest);
    }
    case promotionPredicateType: {
      const { plan_hash, plan } = statement.predicate;
      return [
        ...subject('promotion', plan_hash),
        ...subject('diff', plan.diffDigest),
        ...subject('shadow-state', plan.replay.shadowDigest),
      ];
    }
    case approvalPredicateType:
      return subject('plan', statement.predicate.plan_hash);
    case runbookStepPredicateType:
      return [
        ...subject('plan', statement.predicate.plan_hash),
        ...subject('runbook', statement.predicate.runbook.digest),
      ];
    case reviewPredicateType:
      return [
        ...subject('review.json', statement.predicate.document),
        ...subject('review.md', statement.predicate.markdown),
      ];
    case breakGlassPredicateType:
      return [
        ...subject('plan', statement.predicate.plan_hash),
        ...subject('break-glass', statement.predicate.review?.act_record?.sha256 ?? null),
      ];
  }
}

/**
 * The text whose SHA-256 is the plan hash, where the record shows all of it; null where it does not: keys of a scope
 * are no part of a record, and a long plan is cut.
 */
export function planTextShown(statement: KnownStatement): string | null {
  switch (statement.predicateType) {
    case replayPredicateType: {
      const { plan, attachments } = statement.predicate;
      const isCut = attachments.some(({ of }) => of.startsWith('plan.'));
      return plan === null || plan.scope.kind === 'keys' || isCut ? null : canonicalJson(plan);
    }
    case promotionPredicateType:
      return canonicalJson(statement.predicate.plan);
    case approvalPredicateType:
    case runbookStepPredicateType:
    case reviewPredicateType:
    case breakGlassPredicateType:
      return null;
  }
}
