import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { ContractSummary } from '@/server/application/views.ts';

type Checked = Pick<ContractSummary, 'readiness'>;

/** The answer of the list of contracts. Good only where every check ran and passed: one that never ran has not. */
export function listAnswer(
  contracts: readonly Checked[],
  problems: number,
): { readonly tone: Tone; readonly verdict: string } {
  const all = contracts.length;
  if (problems > 0)
    return { tone: 'failed', verdict: `${counted(problems, 'contract file')} could not be registered.` };
  if (all === 0) return { tone: 'unknown', verdict: 'No contract is registered yet.' };
  const unready = unreadyOf(contracts).length;
  if (unready > 0)
    return {
      tone: 'different',
      verdict: `${counted(unready, 'contract')} of ${all} would not replay well: a readiness check fails.`,
    };
  const registered = `${counted(all, 'contract')} ${all === 1 ? 'is' : 'are'} registered`;
  const unknown = notKnown(contracts);
  if (unknown.length > 0) return { tone: 'unknown', verdict: `${[registered, ...unknown].join('; ')}.` };
  const warned = contracts.filter(({ readiness }) => (readiness?.warnings ?? 0) > 0).length;
  const passed = `${registered}, and no readiness check fails`;
  if (warned === 0) return { tone: 'verified', verdict: `${passed}.` };
  return {
    tone: 'different',
    verdict: `${passed}; ${all === 1 ? 'it' : warned} ${warned === 1 ? 'has' : 'have'} warnings.`,
  };
}

export const unreadyOf = <Each extends Checked>(contracts: readonly Each[]): readonly Each[] =>
  contracts.filter(({ readiness }) => (readiness?.failed ?? 0) > 0);

/** Why nobody can say that every check passes; empty where all ran. */
function notKnown(contracts: readonly Checked[]): readonly string[] {
  const one = contracts.length === 1;
  const unchecked = contracts.filter(({ readiness }) => !wasChecked(readiness)).length;
  const unrun = contracts.filter(({ readiness }) => (readiness?.couldNotRun ?? 0) > 0).length;
  return [
    ...(unchecked === 0
      ? []
      : [`${one ? 'it' : unchecked} ${unchecked === 1 ? 'was' : 'were'} never checked for readiness`]),
    ...(unrun === 0 ? [] : [`a readiness check of ${one ? 'it' : unrun} could not be run`]),
  ];
}

/** A list of checks without one that ran says no more than none. */
function wasChecked(readiness: ContractSummary['readiness']): boolean {
  return readiness !== null && readiness.passed + readiness.warnings + readiness.couldNotRun > 0;
}
