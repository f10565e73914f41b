import { doubtWords } from '../reconciliation/index.ts';
import { whatBeganLater } from '../replay/index.ts';
import { counted } from '../shared/counted.ts';
import type { ReplayFacts } from './record.ts';

/** What a reader might take this record to prove, and it does not. Computed from what is so. */
export function doesNotProve(facts: ReplayFacts): readonly string[] {
  const sentences = [
    'That the history itself is true: it proves what follows from the history, not what happened in the world.',
  ];
  if (facts.status !== 'finished')
    sentences.push(`Anything about the states: the replay ended as ${facts.status}.`);
  if (facts.breakGlass !== null)
    sentences.push('That it was approved: two people let it run without its approvals.');
  if (facts.coverage?.kind === 'part')
    sentences.push(`Anything outside its scope. ${facts.coverage.sentence}`);
  const beganLater = facts.plan === null ? null : whatBeganLater(facts.plan);
  if (beganLater !== null)
    sentences.push(`Anything that follows from events before its beginning. ${beganLater}`);
  const base = facts.plan?.base ?? null;
  if (base !== null)
    sentences.push(
      `Anything that the record it goes on from (SHA-256 ${base.evidenceDigest}) does not prove.`,
    );
  const unseen = facts.seams.filter((seam) => seam.from === seam.to).map((seam) => seam.partition);
  if (unseen.length > 0) {
    sentences.push(
      `That the archive goes on in the log of ${counted(unseen.length, 'partition')} (${first(unseen)}): they share no offset, and only the identity of the topic says so.`,
    );
  }
  if (facts.comparisons.length > 0) {
    sentences.push(
      'That live states are still as they were: they were read once, at the positions named here.',
    );
  }
  for (const each of facts.comparisons) {
    if (each.outcome === 'could-not-compare')
      sentences.push(`Anything about ${each.derivedState}: it could not be compared.`);
    const absent = keysAbsent(facts, each);
    if (absent > 0)
      sentences.push(
        `Anything about ${counted(absent, 'key')} of its scope: neither the history nor ${each.derivedState} has ${absent === 1 ? 'it' : 'them'}.`,
      );
    const doubts = doubtWords(each.layerDoubts ?? {});
    if (doubts !== null)
      sentences.push(
        `What history says beyond the plan's end, up to where ${each.derivedState} was compared: there, ${doubts}.`,
      );
    if (each.unplaced !== undefined)
      sentences.push(
        `That ${each.derivedState} has no rows too many: ${counted(each.unplaced, 'row')} could not be told from rows of other partitions.`,
      );
    if (each.mode === 'settled') {
      sentences.push(
        `That ${each.derivedState} was read at an exact position: it has none, and was compared after it had settled.`,
      );
    }
  }
  const notRun = facts.invariants.filter((each) => each.outcome === 'could-not-run');
  for (const each of notRun) sentences.push(`That ${each.name}: it could not be run.`);
  for (const each of facts.invariants) {
    if (each.outcome !== 'not-applicable') continue;
    sentences.push(
      each.over === 'key'
        ? `That ${each.name} holds for any key: none was replayed.`
        : `That ${each.name} holds for every key together: the scope holds part of the keys.`,
    );
  }
  if (facts.counters.erased > 0) {
    sentences.push(
      `What erased subjects' data was: ${counted(facts.counters.erased, 'event')} ${facts.counters.erased === 1 ? 'was' : 'were'} folded without it.`,
    );
  }
  if (facts.counters.quarantined > 0) {
    const waived = facts.waivedQuarantine > 0 ? `, of which ${facts.waivedQuarantine} were waived` : '';
    sentences.push(
      `What ${counted(facts.counters.quarantined, 'quarantined event')}${waived} would have done.`,
    );
  }
  sentences.push(
    'That whoever holds the signing key told the truth: the signature proves who signed this, and the log that it was not changed since.',
  );
  return sentences;
}

/** Keys that a scope names and that were not compared, though others of it were. */
function keysAbsent({ plan }: ReplayFacts, { keys, outcome }: ReplayFacts['comparisons'][number]): number {
  if (plan?.scope.kind !== 'keys' || outcome === 'could-not-compare') return 0;
  return Math.max(0, new Set(plan.scope.keys).size - keys);
}

/** The first few, and that there are more. */
const first = (partitions: readonly number[]) =>
  partitions.slice(0, 3).join(', ') + (partitions.length > 3 ? ` and ${partitions.length - 3} more` : '');
