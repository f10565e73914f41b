import type { z } from 'zod';
import { type Counters, eventsProcessed } from '../replay/index.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { counted } from '../shared/counted.ts';
import type { replayPredicate } from './replay-predicate.schema.ts';

type Predicate = z.output<typeof replayPredicate>;
type Plan = NonNullable<Predicate['plan']>;

/**
 * Why what a replay's record says was done is not what its plan says; null where it is. A replay that has finished has
 * read its plan's ranges to their ends, compared what the plan names, and had the approvals that it needed: else it
 * ends otherwise, so that a record can't call finished what was cut short.
 */
export function whyNotCarriedOut(predicate: Predicate): string | null {
  const { plan, contract, status } = predicate;
  if (plan === null) {
    if (status === 'finished') return 'The record says finished, and names no plan.';
    return predicate.coverage === null ? null : 'The record gives a coverage, and names no plan.';
  }
  const { id, version, bundleDigest } = contract;
  if (canonicalJson({ id, version, bundleDigest }) !== canonicalJson(plan.contract))
    return 'The record names another contract, version or bundle than its plan.';
  const twice = firstTwice([...plan.ranges, ...(plan.unread ?? [])].map(({ partition }) => partition));
  if (twice !== undefined) return `The plan names partition ${twice} twice.`;
  if (status !== 'finished') return null;
  return (
    notRead(predicate, plan) ??
    notCounted(predicate, plan) ??
    notCompared(predicate, plan) ??
    notApproved(predicate, plan)
  );
}

function notRead(predicate: Predicate, plan: Plan): string | null {
  if (isCut(predicate, 'ranges') || isCut(predicate, 'plan.ranges')) return null;
  const twice = firstTwice(predicate.ranges.map(({ partition }) => partition));
  if (twice !== undefined) return `The record says twice how far partition ${twice} was read.`;
  if (predicate.ranges.length !== plan.ranges.length)
    return `The plan reads ${counted(plan.ranges.length, 'partition')}, and the record says how far ${predicate.ranges.length} were read.`;
  const read = new Map(predicate.ranges.map((range) => [range.partition, range]));
  for (const { partition, from, to } of plan.ranges) {
    const range = read.get(partition);
    if (range?.from !== from || range.to !== to)
      return `The plan reads ${from}–${to} of partition ${partition}, and the record says something else of it.`;
    if (range.cursor !== to)
      return `The record says finished, and that partition ${partition} was read up to ${range.cursor} of ${to}.`;
  }
  return null;
}

/**
 * Of a topic every offset in the ranges is accounted for, as a record that was delivered or as one that is absent for a
 * cause; merging takes from one counter what it gives another. Positions of an event table have gaps.
 */
function notCounted(predicate: Predicate, plan: Plan): string | null {
  if (plan.history.kind !== 'kafka' || isCut(predicate, 'plan.ranges')) return null;
  const offsets = plan.ranges.reduce((sum, { from, to }) => sum + BigInt(to) - BigInt(from), 0n);
  const told = BigInt(eventsProcessed(predicate.counters)) + BigInt(absent(predicate.counters));
  return told === offsets
    ? null
    : `The plan reads ${counted(offsets, 'offset')}, and the record says what became of ${told}.`;
}

const absent = (counters: Counters): number =>
  counters.absentControl + counters.absentAborted + counters.absentCompacted + counters.absentMissing;

function notCompared(predicate: Predicate, plan: Plan): string | null {
  if (isCut(predicate, 'comparisons') || isCut(predicate, 'plan.compare')) return null;
  const compared = predicate.comparisons.map(({ derivedState }) => derivedState);
  const missing = plan.compare.find((name) => !compared.includes(name));
  if (missing !== undefined) return `The plan compares ${missing}, and the record says nothing of it.`;
  const other = compared.find((name) => !plan.compare.includes(name));
  if (other !== undefined) return `The record compares ${other}, and its plan does not.`;
  const twice = firstTwice(compared);
  return twice === undefined ? null : `The record compares ${twice} twice.`;
}

/** What was taken back or ran out before it began counts for nothing, and neither does who asked for it. */
function notApproved(predicate: Predicate, plan: Plan): string | null {
  const { approvals, break_glass, requested_by } = predicate;
  // Two people together may let it run without, and the record says who.
  if (isCut(predicate, 'approvals') || new Set(break_glass?.by).size >= 2) return null;
  const standing = approvals.filter((each) => each.void === null);
  if (standing.some((each) => each.verdict === 'rejected'))
    return 'The record says finished, and that somebody rejected it.';
  const approvers = new Set(standing.map(({ by }) => by).filter((by) => by !== requested_by)).size;
  return approvers >= plan.approvalsNeeded
    ? null
    : `The plan needs ${counted(plan.approvalsNeeded, 'approval')} by others than the requester, and the record has ${approvers}.`;
}

const isCut = ({ attachments }: Predicate, part: string): boolean =>
  attachments.some(({ of }) => of === part);

function firstTwice<T>(all: readonly T[]): T | undefined {
  const seen = new Set<T>();
  return all.find((each) => seen.size === seen.add(each).size);
}
