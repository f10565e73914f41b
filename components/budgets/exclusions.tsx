'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatDuration } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { amount } from '@/components/vocabulary/budget-words.ts';
import { Person } from '@/components/vocabulary/person.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { BudgetDetail, ExclusionView } from '@/server/application/budget/views.ts';
import { ExcludeForm } from './exclude-form.tsx';

/** Time that was left out of this budget, by whom and why, with what was spent in it; and the form for more. */
export function Exclusions({ budget }: { budget: BudgetDetail }) {
  return (
    <Section
      title="Time left out"
      description="Planned maintenance and drills. What was spent in it is taken out of what counts, and stays in sight. Nothing here is ever deleted: an entry ends by another one with a reason."
    >
      {budget.exclusions.length === 0 ? (
        <EmptyState title="No time is left out of this window." />
      ) : (
        <ul className="flex flex-col divide-y divide-line border-y border-line">
          {budget.exclusions.map((exclusion) => (
            <li key={exclusion.id} className="py-3">
              <Entry budget={budget} exclusion={exclusion} />
            </li>
          ))}
        </ul>
      )}
      <ExcludeForm budget={budget} />
    </Section>
  );
}

function Entry({ budget, exclusion }: { budget: BudgetDetail; exclusion: ExclusionView }) {
  const { effective, nowMs } = { effective: exclusion.effective, nowMs: budget.nowMs };
  const isOn = effective !== null && effective.toMs > nowMs;
  return (
    <div className="flex flex-col gap-1 text-sm">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Verdict tone={effective === null ? 'unknown' : isOn ? 'accent' : 'different'}>
          {effective === null ? 'counts again' : isOn ? 'left out until it ends' : 'left out'}
        </Verdict>
        <span>
          <RelativeTime at={exclusion.fromMs} absolute /> to{' '}
          <RelativeTime at={effective?.toMs ?? exclusion.toMs} absolute />
        </span>
        <span className="text-muted">
          {formatDuration((effective?.toMs ?? exclusion.toMs) - exclusion.fromMs)},{' '}
          {exclusion.isOfContract ? 'of all budgets of the contract' : 'of this budget'}
        </span>
      </p>
      <p className="max-w-prose wrap-anywhere">“{exclusion.reason}”</p>
      <p className="text-muted">
        <Person id={exclusion.personId} />, <RelativeTime at={exclusion.madeAtMs} />.{' '}
        {effective === null ? null : `${amount(budget, exclusion.excludedBad)} were spent in it.`}
      </p>
      {exclusion.ends.map((end) => (
        <p key={`${end.kind} ${end.atMs} ${end.personId}`} className="text-muted wrap-anywhere">
          {end.kind === 'ended' ? 'Ended' : 'Revoked'} by <Person id={end.personId} />,{' '}
          <RelativeTime at={end.atMs} absolute />: “{end.reason}”
        </p>
      ))}
      {effective === null ? null : <EndForm exclusion={exclusion} isOn={isOn} />}
    </div>
  );
}

function EndForm({ exclusion, isOn }: { exclusion: ExclusionView; isOn: boolean }) {
  const trpc = useTRPC();
  const [reason, setReason] = useState('');
  const whyNot = useWhyNot('respond', 'Ending it');
  const act = useMutation(trpc.budgets.endExclusion.mutationOptions({ onSuccess: () => setReason('') }));
  const missing = whyNot ?? (reason.trim() === '' ? 'Give a reason first.' : null);
  const send = (how: 'ended' | 'revoked') => act.mutate({ exclusionId: exclusion.id, how, reason });
  return (
    <details>
      <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
        {isOn ? 'End it now, or revoke it' : 'Revoke it'}
      </summary>
      <div className="mt-2 flex max-w-2xl flex-col gap-3">
        <TextArea
          label="Why it ends"
          hint="Revoked, all of it counts again as if it had never been left out. The entry stays."
          rows={2}
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="flex flex-wrap gap-2">
          {isOn ? (
            <Button disabledReason={missing} pending={act.isPending} onClick={() => send('ended')}>
              End it now
            </Button>
          ) : null}
          <Button
            variant="danger"
            disabledReason={missing}
            pending={act.isPending}
            onClick={() => send('revoked')}
          >
            Revoke it
          </Button>
        </div>
        {act.error === null ? null : <RefusedAct title="It was not ended." message={act.error.message} />}
      </div>
    </details>
  );
}
