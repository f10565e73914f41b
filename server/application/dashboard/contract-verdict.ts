import type { Comparison } from '../../domain/reconciliation/index.ts';
import { counted, grouped } from '../../domain/shared/counted.ts';
import type { ContractStanding, ContractVerdict, ReplaySummary, Standing } from '../ports/page-reads.ts';

/** A proof older than this says little about the derived states of now: they have moved on. */
const STALE_AFTER_MS = 24 * 3_600_000;

type Verdict = Pick<ContractVerdict, 'verdict' | 'sentence' | 'todo'>;

/** What the overview says of one contract: the verdict of its last proof, or why there is none. */
export function judgeContract(
  { contract, proof }: ContractStanding,
  running: readonly ReplaySummary[],
  now: Date,
): ContractVerdict {
  const replay = proof?.replay ?? null;
  const { verdict, sentence, todo } = verdictOf({ contract, proof }, running, now);
  return {
    contractId: contract.id,
    title: contract.title,
    verdict,
    sentence,
    todo,
    keysDiffering: replay?.discrepancies ?? null,
    keysTotal: proof === null ? null : keysCompared(proof.comparisons),
    confidence: replay?.confidence ?? null,
    agreement: replay?.agreement ?? null,
    proofAt: replay?.endedAt ?? null,
    replayId: replay?.id ?? null,
  };
}

function verdictOf(
  { contract, proof }: ContractStanding,
  running: readonly ReplaySummary[],
  now: Date,
): Verdict {
  if (proof === null) {
    if (running.some((replay) => replay.contractId === contract.id))
      return {
        verdict: 'running',
        sentence: `${contract.title} is being replayed for the first time.`,
        todo: 'Wait for the verdict, or watch it come.',
      };
    return {
      verdict: 'never-proven',
      sentence: `Nothing is known of ${contract.title}: its whole history has never been replayed.`,
      todo: 'Replay the whole history.',
    };
  }
  const urgent = untrusted(proof.replay) ?? different(proof.replay, proof.comparisons);
  if (urgent !== null && proof.ofLatestCode) return urgent;
  if (urgent !== null)
    return {
      ...urgent,
      sentence: `${urgent.sentence} That was version ${proof.replay.contractVersion}; version ${contract.version} was never replayed in full.`,
    };
  return stale(contract.version, proof, now) ?? agreed(contract.title, proof);
}

function untrusted(replay: ReplaySummary): Verdict | null {
  if (replay.confidence === 'trusted') return null;
  return {
    verdict: 'untrusted',
    sentence:
      replay.confidence === 'suspect'
        ? `The last replay of ${replay.contractTitle} is suspect, so it proves neither agreement nor difference.`
        : `The last replay of ${replay.contractTitle} can't be trusted, so nothing about its derived states is proven.`,
    todo: 'Open the replay: it names each reason.',
  };
}

function different(replay: ReplaySummary, comparisons: readonly Comparison[]): Verdict | null {
  if (replay.agreement !== 'different') return null;
  const names = comparisons.filter((each) => each.outcome === 'different').map((each) => each.derivedState);
  if (names.length === 0)
    return {
      verdict: 'different',
      sentence: `${replay.contractTitle}: an invariant over a live store does not hold, though every compared key agrees with history; the replayed state is trusted.`,
      todo: 'Open the replay: it names the failing cases.',
    };
  const keys = replay.discrepancies ?? 0;
  return {
    verdict: 'different',
    sentence: `${capitalised(listed(names))} ${names.length === 1 ? 'disagrees' : 'disagree'} with history on ${grouped(keys)} of ${counted(keysCompared(comparisons), 'key')}; the replayed state is trusted.`,
    todo: 'Open the states: each wrong figure has the event that explains it.',
  };
}

function stale(
  latestVersion: number,
  { replay, ofLatestCode }: Pick<Standing, 'replay' | 'ofLatestCode'>,
  now: Date,
): Verdict | null {
  if (!ofLatestCode)
    return {
      verdict: 'stale',
      sentence: `The last proof of ${replay.contractTitle} is of version ${replay.contractVersion}; version ${latestVersion} is registered and was never replayed in full.`,
      todo: 'Replay the whole history with the new version.',
    };
  if (replay.endedAt !== null && now.getTime() - Date.parse(replay.endedAt) > STALE_AFTER_MS)
    return {
      verdict: 'stale',
      sentence: `The last proof of ${replay.contractTitle} is more than a day old; its derived states have moved on since.`,
      todo: 'Replay the whole history again.',
    };
  return null;
}

function agreed(title: string, proof: Standing): Verdict {
  const { replay, comparisons } = proof;
  const keys = counted(keysCompared(comparisons), 'key');
  switch (replay.agreement) {
    case 'equal':
      return {
        verdict: 'proven',
        sentence: `${title} is proven up to ${endOf(proof)}: ${listed(comparisons.map((each) => each.derivedState))} agreed with history on all ${keys}.`,
        todo: null,
      };
    case 'behind': {
      const behind = comparisons.filter((each) => each.outcome === 'behind').map((each) => each.derivedState);
      return {
        verdict: 'behind',
        sentence: `${capitalised(listed(behind))} ${behind.length === 1 ? 'was' : 'were'} behind history and right as far as ${behind.length === 1 ? 'it' : 'they'} had read.`,
        todo: 'Look at the lag of the projector.',
      };
    }
    default: {
      const failed = comparisons.filter((each) => each.outcome === 'could-not-compare');
      return {
        verdict: 'not-compared',
        sentence:
          comparisons.length === 0
            ? `${title} was replayed, and nothing live was compared with it.`
            : failed.length === 0
              ? `${title}: an invariant over a live store could not be run, though every compared key agrees with history; the replayed state is trusted.`
              : `${capitalised(listed(failed.map((each) => each.derivedState)))} could not be compared with history.`,
        todo: 'Open the replay: it says what could not be read.',
      };
    }
  }
}

/** More partitions than this do not fit into a sentence. */
const POSITIONS_NAMED = 3;

/** The place in history that was proven, so that nobody takes a proof for one of now. */
function endOf({ replay, plannedAt, historyEnd }: Standing): string {
  const place =
    historyEnd.length > 0 && historyEnd.length <= POSITIONS_NAMED
      ? historyEnd.map((each) => `p${each.partition}:${each.next}`).join(' ')
      : `${historyEnd.length} partitions`;
  return `the end of its history of ${inUtc(plannedAt ?? replay.requestedAt)} (${place})`;
}

/** `2026-03-01 11:50 UTC`: a sentence is made where nobody's time zone is known. */
export const inUtc = (instant: string): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Keys on which something was compared: derived states may hold different keys, so the largest count. */
export function keysCompared(comparisons: readonly Comparison[]): number {
  return comparisons.reduce((most, each) => Math.max(most, each.keys), 0);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nothing';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
