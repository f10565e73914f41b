import type { ReplayStatement } from '@/server/domain/evidence/record.ts';

export type EvidencePredicate = ReplayStatement['predicate'];

/**
 * The predicate of a replay's statement, or null where it is another kind of record. Stored bytes are not trusted to
 * have a shape: what this page walks through is looked at first.
 */
export function readPredicate(statement: unknown): EvidencePredicate | null {
  if (typeof statement !== 'object' || statement === null || !('predicate' in statement)) return null;
  const { predicate } = statement;
  if (typeof predicate !== 'object' || predicate === null) return null;
  const lists = ['does_not_prove', 'ranges', 'comparisons', 'invariants', 'approvals'];
  const objects = ['counters', 'contract', 'times', 'digests', 'software'];
  const fields: Record<string, unknown> = { ...predicate };
  if (!lists.every((name) => Array.isArray(fields[name]))) return null;
  if (!objects.every((name) => typeof fields[name] === 'object' && fields[name] !== null)) return null;
  // Records that were made before there was a bound show everything, and say nothing of seams.
  const attachments: unknown = fields.attachments ?? [];
  const seams: unknown = fields.seams ?? [];
  if (!Array.isArray(attachments) || !Array.isArray(seams)) return null;
  return { ...(predicate as EvidencePredicate), attachments, seams };
}
