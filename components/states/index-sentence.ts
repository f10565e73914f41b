import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { listOf } from '@/components/ui/words.ts';
import { liveInvariantWords } from '@/components/vocabulary/agreement-words.ts';
import { confidenceTone } from '@/components/vocabulary/verdicts.tsx';
import type { ContractSummary } from '@/server/application/views.ts';

type Contract = Pick<ContractSummary, 'title' | 'derivedStates' | 'goneAt' | 'lastProof'>;
type Doubt = { readonly tone: Tone; readonly words: string };

/** The gravest first. */
const tones: readonly Tone[] = ['failed', 'different', 'unknown', 'accent'];

/**
 * The answer of the list of states: that none differs is agreement only where every proof is trusted and equal. Nothing
 * is compared any more of a contract whose file is gone, so it has no part in this.
 */
export function indexAnswer(registered: readonly Contract[]): {
  readonly tone: Tone;
  readonly verdict: string;
  readonly tab: string;
} {
  const contracts = registered.filter(({ goneAt }) => goneAt === null);
  if (contracts.length === 0 && registered.length > 0)
    return {
      tone: 'unknown',
      verdict: 'Of no registered contract is there still a file: no state is judged.',
      tab: 'States',
    };
  // What an untrusted replay differs from is nothing that any state must equal.
  const differing = contracts.filter(({ lastProof }) => lastProof !== null && differs(lastProof));
  if (differing.length > 0)
    return {
      tone: 'different',
      verdict: `The states of ${listOf(differing.map((each) => each.title))} disagree with history.`,
      tab: `${counted(differing.length, 'contract')} ${differing.length === 1 ? 'differs' : 'differ'} · States`,
    };
  if (contracts.every((each) => each.lastProof === null))
    return { tone: 'unknown', verdict: 'No state has been compared with history yet.', tab: 'States' };
  const found = contracts.flatMap(doubtOf);
  const doubts = tones.flatMap((tone) => found.filter((each) => each.tone === tone));
  const [gravest] = doubts;
  if (gravest === undefined)
    return { tone: 'verified', verdict: 'No compared state disagrees with history.', tab: 'States' };
  return {
    tone: gravest.tone,
    verdict: `${[contracts.some(differsUnproven) ? 'No trusted replay shows a difference' : 'No difference is recorded', ...doubts.map((each) => each.words)].join('; ')}.`,
    tab: 'States',
  };
}

type Proof = NonNullable<Contract['lastProof']>;
const hasDifferences = ({ discrepancies, compared }: Proof) =>
  (discrepancies ?? 0) > 0 || compared.some((each) => each.outcome === 'different');
const differs = (proof: Proof) => proof.confidence !== 'untrusted' && hasDifferences(proof);
/** The list shows such a difference, and says beside it that it proves nothing. */
const differsUnproven = ({ lastProof }: Contract) =>
  lastProof?.confidence === 'untrusted' && hasDifferences(lastProof);

/** Why no difference is no agreement here; none where it is. */
function doubtOf({ title, derivedStates, lastProof: proof }: Contract): readonly Doubt[] {
  if (proof === null) return [{ tone: 'unknown', words: `${title} was never replayed in full` }];
  if (proof.confidence !== 'trusted')
    return [
      {
        tone: proof.confidence === null ? 'unknown' : confidenceTone[proof.confidence],
        words: `the last replay of ${title} is ${proof.confidence ?? 'without a verdict'}${hasDifferences(proof) ? ', and live states differ from what it came to' : ''}`,
      },
    ];
  if (!proof.ofLatestCode)
    return [{ tone: 'unknown', words: `the latest version of ${title} was never replayed in full` }];
  const invariant = liveInvariantWords({ agreement: proof.agreement, comparisons: proof.compared });
  const named = (names: readonly string[]) =>
    `${listOf(names)} of ${title} ${names.length === 1 ? 'was' : 'were'}`;
  const outcomeOf = (name: string) => proof.compared.find((each) => each.derivedState === name)?.outcome;
  const unread = derivedStates.filter(
    (name) => (outcomeOf(name) ?? 'could-not-compare') === 'could-not-compare',
  );
  const behind = derivedStates.filter((name) => outcomeOf(name) === 'behind');
  const doubts: readonly Doubt[] = [
    ...(invariant === null ? [] : [invariantDoubt(title, invariant.outcome)]),
    ...(unread.length === 0 ? [] : [{ tone: 'unknown', words: `${named(unread)} not compared` } as const]),
    ...(behind.length === 0 ? [] : [{ tone: 'accent', words: `${named(behind)} behind` } as const]),
  ];
  return doubts.length > 0 || proof.agreement === 'equal'
    ? doubts
    : [{ tone: 'unknown', words: `no live state of ${title} was compared` }];
}

function invariantDoubt(title: string, outcome: 'fails' | 'could-not-run'): Doubt {
  const invariant = `an invariant over a live store of ${title}`;
  return outcome === 'fails'
    ? { tone: 'different', words: `${invariant} does not hold` }
    : { tone: 'unknown', words: `${invariant} could not be run` };
}
