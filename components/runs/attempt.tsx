'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { type Attempt, attemptWords } from './run-words.ts';
import { ShownParts } from './shown.tsx';

/** One time that a step was asked for: what was shown, who decided, what it said and what it gave. */
export function AttemptDetails({ attempt }: { attempt: Attempt }) {
  const outputs = Object.entries(attempt.outputs);
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p className="flex flex-wrap items-center gap-x-2">
        <Verdict tone={attemptWords[attempt.status][0]}>{attemptWords[attempt.status][1]}</Verdict>
        <span>
          asked for by <Person id={attempt.requestedBy} /> <RelativeTime at={attempt.requestedAt} />
        </span>
        {attempt.cancelledBy === null ? null : (
          <span>
            cancelled by <Person id={attempt.cancelledBy} />
            {attempt.cancelReason ? `: ${attempt.cancelReason}` : ''}
          </span>
        )}
        {attempt.tries > 1 ? <span>taken up {counted(attempt.tries, 'time')}</span> : null}
      </p>
      {attempt.sentence === '' ? null : <p className="max-w-prose font-medium">{attempt.sentence}</p>}
      <Decisions attempt={attempt} />
      {attempt.output.length === 0 ? null : <Output attempt={attempt} />}
      {outputs.length === 0 ? null : (
        <KeyValueList items={outputs.map(([label, value]) => ({ label, value: String(value) }))} />
      )}
      <ShownParts parts={attempt.shown} />
      <p className="flex flex-wrap gap-x-3">
        {attempt.links.map(({ title, href }) => (
          <TextLink key={href} href={href}>
            {title}
          </TextLink>
        ))}
        {attempt.evidenceId === null ? null : (
          <TextLink href={`/evidence/${attempt.evidenceId}`}>its record of evidence</TextLink>
        )}
      </p>
    </div>
  );
}

/** The newest lines, and page by page those before them. */
function Output({ attempt }: { attempt: Attempt }) {
  const trpc = useTRPC();
  const [before, setBefore] = useState<number | null>(null);
  const earlier = useQuery({
    ...trpc.runs.lines.queryOptions({ attemptId: attempt.id, beforeLine: before ?? 1 }),
    enabled: before !== null,
  });
  const lines = before === null ? attempt.output : (earlier.data ?? []);
  const first = lines[0]?.number ?? 1;
  return (
    <figure aria-label="What it says" className="flex flex-col gap-2">
      <pre className="max-h-64 overflow-auto rounded-md border border-line bg-subtle p-2 font-mono text-xs whitespace-pre-wrap wrap-anywhere">
        {lines.map(({ line }) => line).join('\n')}
      </pre>
      {first <= 1 && before === null ? null : (
        <figcaption className="flex flex-wrap items-center gap-2 text-xs text-muted">
          Lines {first} to {lines.at(-1)?.number ?? first}
          <Button
            variant="quiet"
            disabledReason={first <= 1 ? 'These are the first lines.' : null}
            pending={earlier.isFetching}
            onClick={() => setBefore(first)}
          >
            Earlier lines
          </Button>
          <Button
            variant="quiet"
            disabledReason={before === null ? 'These are the newest lines.' : null}
            onClick={() => setBefore(null)}
          >
            Newest lines
          </Button>
        </figcaption>
      )}
      {earlier.error ? <RefusedAct title="They could not be read." message={earlier.error.message} /> : null}
    </figure>
  );
}

function Decisions({ attempt }: { attempt: Attempt }) {
  if (attempt.approvalsNeeded === 0) return null;
  return (
    <div className="flex flex-col gap-1">
      <p>
        {attempt.standing.given} of {counted(attempt.approvalsNeeded, 'approval')} by others of exactly this
        plan <ShortId id={attempt.planHash} what="plan hash" head={12} tail={6} />
      </p>
      <ul className="flex flex-col gap-1">
        {attempt.decisions.map((decision) => (
          <li key={decision.id}>
            <Person id={decision.personId} /> {decision.verdict} it <RelativeTime at={decision.decidedAt} />:
            “{decision.reason}”{decision.voidReason === null ? '' : ` (void: ${decision.voidReason})`}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What the decision is about, as it was frozen: whatever the run comes to meanwhile changes nothing of it. */
function WhatWaits({ attempt }: { attempt: Attempt }) {
  return (
    <section aria-label="What is to be decided" className="flex flex-col gap-3 text-sm">
      <p className="max-w-prose">{attempt.preview.sentence}</p>
      {attempt.params === null || attempt.params.length === 0 ? null : (
        <KeyValueList items={attempt.params.map(({ name, value }) => ({ label: name, value }))} />
      )}
      <ShownParts parts={attempt.preview.shown} />
    </section>
  );
}

/** What can be done about an attempt that has not ended: decide, or call it off. */
export function OpenAttempt({ attempt }: { attempt: Attempt }) {
  const trpc = useTRPC();
  const [reason, setReason] = useState('');
  const approve = useMutation(trpc.runs.approve.mutationOptions());
  const reject = useMutation(trpc.runs.reject.mutationOptions());
  const cancel = useMutation(trpc.runs.cancel.mutationOptions());
  const mayNot = useWhyNot('respond', 'Cancelling');
  const waits = attempt.status === 'awaiting-approval';
  const decision = { attemptId: attempt.id, planHash: attempt.planHash, reason };
  const failed = [approve, reject, cancel].find((each) => each.isError);
  const unsaid = reason.trim() === '' ? 'A decision has a reason.' : null;
  return (
    <div className="flex flex-col gap-3">
      {waits ? <WhatWaits attempt={attempt} /> : null}
      {waits && attempt.whyNotDecide === null ? (
        <TextArea
          label="Why"
          value={reason}
          maxLength={2000}
          rows={2}
          onChange={(event) => setReason(event.target.value)}
        />
      ) : null}
      {waits && attempt.whyNotDecide !== null ? (
        <p className="text-sm text-muted">{attempt.whyNotDecide}</p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        {waits && attempt.whyNotDecide === null ? (
          <>
            <Button
              variant="primary"
              disabledReason={unsaid}
              pending={approve.isPending}
              onClick={() => approve.mutate(decision)}
            >
              Approve
            </Button>
            <Button
              variant="danger"
              disabledReason={unsaid}
              pending={reject.isPending}
              onClick={() => reject.mutate(decision)}
            >
              Reject
            </Button>
          </>
        ) : null}
        <Button
          disabledReason={mayNot ?? (attempt.cancelledBy === null ? null : 'It is being cancelled.')}
          pending={cancel.isPending}
          onClick={() => cancel.mutate({ attemptId: attempt.id, reason })}
        >
          Cancel it
        </Button>
      </div>
      {failed?.error ? <RefusedAct title="Nothing was done." message={failed.error.message} /> : null}
    </div>
  );
}
