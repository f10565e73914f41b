import { counted } from '@/components/ui/format-number.ts';
import { formatInstant } from '@/components/ui/format-time.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { capitalised, listOf } from '@/components/ui/words.ts';
import { liveInvariantWords } from '@/components/vocabulary/agreement-words.ts';
import type { ContractDetail } from '@/server/application/views.ts';

type Answer = { tone: Tone; verdict: string; next: string | null; tab: string };

/** The answer of a contract's page. `offsetsSince`: what history has got since the last proof, where that is known. */
export function contractAnswer(
  contract: Pick<ContractDetail, 'lastProof' | 'readiness' | 'readinessChecks' | 'version'>,
  offsetsSince: string | null,
): Answer {
  const proof = contract.lastProof;
  const failed = contract.readiness?.failed ?? 0;
  if (failed > 0) {
    return {
      tone: 'failed',
      verdict: `${counted(failed, 'readiness check')} of this contract ${failed === 1 ? 'fails' : 'fail'}.`,
      next: whatFails(contract.readinessChecks),
      tab: 'not ready',
    };
  }
  if (proof === null) {
    return {
      tone: 'unknown',
      verdict: 'Nothing has been proven with this contract yet.',
      next: 'Plan a replay of everything: it reads and touches nothing live.',
      tab: 'never proven',
    };
  }
  if (proof.ofLatestCode) return provenAnswer(proof, offsetsSince);
  const older = provenAnswer(proof, offsetsSince);
  const versions = `Version ${contract.version} was never replayed in full; the last proof is of version ${proof.contractVersion}.`;
  return older.tone === 'verified' || older.tone === 'accent'
    ? { tone: 'unknown', verdict: versions, next: 'Replay the whole history with it.', tab: 'stale' }
    : { ...older, verdict: `${older.verdict} ${versions}` };
}

/** A remedy alone says what to do about what stands in the check's row, and not in this sentence. */
function whatFails(checks: ContractDetail['readinessChecks']): string | null {
  const check = checks.find((each) => each.outcome === 'failed');
  return check === undefined ? null : [check.found, check.remedy].filter(Boolean).join(' ');
}

function provenAnswer(proof: NonNullable<ContractDetail['lastProof']>, offsetsSince: string | null): Answer {
  if (proof.confidence !== 'trusted') {
    return {
      tone: proof.confidence === 'suspect' ? 'different' : 'failed',
      verdict: `The last replay of the whole history is ${proof.confidence ?? 'without a verdict'}.`,
      next: 'Open it to see why.',
      tab: proof.confidence ?? 'no verdict',
    };
  }
  const invariant = liveInvariantWords({ agreement: proof.agreement, comparisons: proof.compared });
  if (invariant !== null) {
    const fails = invariant.outcome === 'fails';
    return {
      tone: fails ? 'different' : 'unknown',
      verdict: `${invariant.words}; the replayed state is trusted.`,
      next: `Open the replay: it ${fails ? 'names the failing cases' : 'says why'}.`,
      tab: fails ? 'an invariant fails' : 'an invariant not run',
    };
  }
  if (proof.agreement === 'different') {
    const keys = counted(proof.discrepancies ?? 0, 'key');
    return {
      tone: 'different',
      verdict: `A trusted replay differs from live state on ${keys}.`,
      next: 'Open the states to see which, and the event behind each.',
      tab: `${keys} ${proof.discrepancies === 1 ? 'differs' : 'differ'}`,
    };
  }
  if (proof.agreement === 'behind') {
    return {
      tone: 'accent',
      verdict: `A live state was behind history, and right as far as applied, at ${provenAt(proof)}.`,
      next: null,
      tab: 'behind',
    };
  }
  if (proof.agreement === 'not-compared' || proof.agreement === null) {
    const unread = proof.compared.filter((each) => each.outcome === 'could-not-compare');
    return {
      tone: 'unknown',
      verdict:
        unread.length === 0
          ? 'The replayed state is trusted; no live state was compared with it.'
          : `${capitalised(listOf(unread.map((each) => each.derivedState)))} could not be compared with history; the replayed state is trusted.`,
      next: unread.length === 0 ? null : 'Open the replay: it says what could not be read.',
      tab: 'not compared',
    };
  }
  return {
    tone: 'verified',
    verdict: `Every live state agreed with history up to its end of ${provenAt(proof)}.`,
    next:
      offsetsSince === null || offsetsSince === '0'
        ? null
        : `${counted(BigInt(offsetsSince), 'offset')} ${offsetsSince === '1' ? 'was' : 'were'} written since, and nothing of them is proven.`,
    tab: 'proven',
  };
}

const provenAt = ({ requestedAt }: NonNullable<ContractDetail['lastProof']>): string =>
  formatInstant(Date.parse(requestedAt), 'utc');
