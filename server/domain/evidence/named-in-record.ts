import { z } from 'zod';
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

/** What may be erased of what stands beside a record. */
export const erasableNames = [remarksName, rowsName, resultName] as const;

const pointer = z.object({ sha256: z.string() }).optional();
const naming = z.object({
  predicate: z.object({
    remarks: pointer,
    rows: pointer,
    result: pointer,
    attachments: z.array(z.object({ of: z.string(), sha256: z.string() })).default([]),
  }),
});

/** Everything that a statement names by its digest and that is kept beside it, whichever kind it is. */
export function attachmentsNamedIn(statement: unknown): readonly NamedAttachment[] {
  const said = naming.safeParse(statement);
  if (!said.success) return [];
  const { remarks, rows, result, attachments } = said.data.predicate;
  const erasable = [
    [remarksName, remarks],
    [rowsName, rows],
    [resultName, result],
  ] as const;
  return [
    ...erasable.flatMap(([name, named]) =>
      named === undefined ? [] : [{ name, sha256: named.sha256, erasable: true }],
    ),
    ...attachments.map(({ of, sha256 }) => ({ name: of, sha256, erasable: false })),
  ];
}

/** A part that is kept beside a record, with the digest of what it holds now and the one that its row says. */
export type HeldAttachment = { readonly name: string; readonly sha256: string; readonly said: string };

/** What is the matter with a part beside a record. `gone`: whether by an erasure, its row has to say. */
export type AttachmentProblem = {
  readonly name: string;
  readonly what: 'changed' | 'gone' | 'unnamed';
  /** Whether an erasure may have taken it. */
  readonly erasable: boolean;
};

/** What is kept beside a record, held against what its statement names. */
export function besideOtherwise(
  statement: unknown,
  held: readonly HeldAttachment[],
): readonly AttachmentProblem[] {
  const named = attachmentsNamedIn(statement);
  const ofNamed = named.flatMap(({ name, sha256, erasable }): readonly AttachmentProblem[] => {
    const part = held.find((each) => each.name === name);
    if (part?.sha256 === sha256 && part.said === sha256) return [];
    return [{ name, what: part === undefined ? 'gone' : 'changed', erasable }];
  });
  const known = new Set(named.map(({ name }) => name));
  const strange = held.filter(({ name }) => !known.has(name));
  return [...ofNamed, ...strange.map(({ name }) => ({ name, what: 'unnamed' as const, erasable: false }))];
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
