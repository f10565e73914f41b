'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { useShortcut } from '@/components/ui/shortcuts.ts';
import { Notice } from '@/components/ui/states.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Markdown } from '@/components/vocabulary/markdown.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { RunPageView } from '@/server/application/runbook-runs/read-run.ts';
import { AttemptDetails, OpenAttempt } from './attempt.tsx';
import { type RunStep, sectionTitles, stateWords, touchesWords } from './run-words.ts';
import { ShownParts } from './shown.tsx';
import { AttachFile, StepFiles } from './step-files.tsx';

/** The step that is looked at, large: what it is for, what it would be done with, and what can be done about it now. */
export function StepPanel({ run, step }: { run: RunPageView; step: RunStep }) {
  const [tone, words] = stateWords[step.state];
  const last = step.attempts.at(-1);
  const isOpen = last !== undefined && last.endedAt === null;
  const acts = run.status === 'running' && step.state !== 'out' && !isOpen;
  return (
    <section
      aria-labelledby="step-title"
      className="flex min-w-0 flex-col gap-4 rounded-lg border border-line bg-surface p-4"
    >
      <header className="flex flex-col gap-1">
        <p className="text-xs text-muted">{sectionTitles[step.section]}</p>
        <h2 id="step-title" className="text-lg font-semibold wrap-anywhere">
          {step.title}
        </h2>
        <p className="flex flex-wrap items-center gap-2 text-sm">
          <Verdict tone={tone}>{words}</Verdict>
          {step.symptom === null ? null : (
            <Verdict tone={step.symptom.shown === true ? 'different' : 'unknown'} look="plain">
              {step.symptom.shown === null ? 'not known' : step.symptom.shown ? 'shown' : 'not shown'}:{' '}
              {step.symptom.figure}
            </Verdict>
          )}
        </p>
        {step.when === null ? null : (
          <p className="text-sm text-muted">
            Part of the run if <code className="font-mono text-xs">{step.when}</code>
            {step.missing === null ? '' : `; ${step.missing} is not there yet, so decide yourself`}
          </p>
        )}
      </header>
      {step.state === 'again' ? (
        <Notice tone="different" title={`It was done with another ${step.changed.join(', ')}.`}>
          An earlier step has given something else since. Do it again with what stands below, or skip it with
          a reason.
        </Notice>
      ) : null}
      <Markdown text={step.body} small />
      {step.action === null ? null : <ActionFacts action={step.action} isOpen={isOpen} />}
      {last === undefined ? null : <AttemptDetails attempt={last} />}
      {isOpen ? <OpenAttempt key={last.id} attempt={last} /> : null}
      <StepFiles run={run} step={step} />
      {acts ? <Acts key={step.id} run={run} step={step} /> : null}
      {run.status === 'running' && step.section === 'symptoms' ? <CheckSymptoms runId={run.id} /> : null}
      {step.attempts.length > 1 ? (
        <details className="text-sm">
          <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
            {counted(step.attempts.length - 1, 'earlier attempt')}
          </summary>
          <ol className="mt-3 flex flex-col gap-4">
            {step.attempts.slice(0, -1).map((attempt) => (
              <li key={attempt.id} className="border-l-2 border-line pl-3">
                <AttemptDetails attempt={attempt} />
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </section>
  );
}

/** Once more, as when the run began. */
function CheckSymptoms({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const check = useMutation(trpc.runs.checkSymptoms.mutationOptions());
  const mayNot = useWhyNot('respond', 'Checking symptoms');
  return (
    <div className="flex flex-wrap items-center gap-2 border-t border-line pt-3 text-sm">
      <Button
        variant="quiet"
        disabledReason={mayNot}
        pending={check.isPending}
        onClick={() => check.mutate({ runId })}
      >
        Check symptoms again
      </Button>
      {check.data === undefined ? null : (
        <span role="status">
          {check.data.asked === 0
            ? 'None can be checked by itself now.'
            : `${counted(check.data.asked, 'symptom')} being looked at.`}
        </span>
      )}
      {check.error ? <RefusedAct title="Nothing was checked." message={check.error.message} /> : null}
    </div>
  );
}

/** While an attempt is under way, what it is done with is frozen, and stands there. */
function ActionFacts({ action, isOpen }: { action: NonNullable<RunStep['action']>; isOpen: boolean }) {
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p>
        <strong className="font-medium">{action.title}.</strong> {action.sentence}{' '}
        {touchesWords[action.touches]}
        {action.approvals > 0
          ? ` It waits for ${counted(action.approvals, 'approval')} of somebody else.`
          : ''}
      </p>
      {isOpen || action.arguments.length === 0 ? null : (
        <KeyValueList
          items={action.arguments.map(({ name, value, from }) => ({
            label: name,
            value: value === null ? <span className="text-muted">not known yet</span> : value,
            hint: from,
          }))}
        />
      )}
    </div>
  );
}

function Acts({ run, step }: { run: RunPageView; step: RunStep }) {
  const trpc = useTRPC();
  const [words, setWords] = useState('');
  const said = { onSuccess: () => setWords('') };
  const preview = useMutation(trpc.runs.preview.mutationOptions());
  const perform = useMutation(trpc.runs.do.mutationOptions());
  const tick = useMutation(trpc.runs.tick.mutationOptions(said));
  const skip = useMutation(trpc.runs.skip.mutationOptions(said));
  const note = useMutation(trpc.runs.note.mutationOptions(said));
  const previewId = preview.data?.previewId ?? null;
  const shown = useQuery({
    ...trpc.runs.shownPreview.queryOptions({ runId: run.id, previewId: previewId ?? '' }),
    enabled: previewId !== null,
  });
  const mayNot = useWhyNot('respond', 'Doing a step');
  const mayNotDo = useWhyNot(step.action?.right ?? 'respond', 'Doing this step');
  const seen = { runId: run.id, version: run.version };
  const { action } = step;
  const whyNot = mayNot ?? mayNotDo ?? action?.missing ?? null;
  const look = () => {
    if (whyNot === null && action !== null && action.unavailable === null)
      preview.mutate({ ...seen, step: step.id });
  };
  useShortcut('p', 'Preview the step', look);
  const failed = [preview, perform, tick, skip, note].find((each) => each.isError);
  const unsaid = words.trim() === '';
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-3">
      {action === null ? null : action.unavailable !== null ? (
        <Notice tone="unknown" title="Reprise can’t do this here.">
          {action.unavailable}. Do it by hand, and tick it with a note.
        </Notice>
      ) : (
        <>
          {shown.data ? (
            <div className="flex flex-col gap-2 rounded-md border border-accent bg-accent-tint p-3">
              <p className="font-medium text-sm">{shown.data.sentence}</p>
              <ShownParts parts={shown.data.shown} />
            </div>
          ) : null}
          <div className="flex flex-wrap gap-2">
            <Button
              variant={shown.data ? 'secondary' : 'primary'}
              disabledReason={whyNot}
              pending={preview.isPending}
              onClick={look}
            >
              {shown.data ? 'Preview again' : 'Preview'}
            </Button>
            <Button
              variant={shown.data ? 'primary' : 'secondary'}
              disabledReason={whyNot ?? (previewId === null ? 'Look at what it would do first.' : null)}
              pending={perform.isPending}
              onClick={() => (previewId === null ? undefined : perform.mutate({ ...seen, previewId }))}
            >
              {action.approvals > 0 ? 'Ask for approval' : step.attempts.length > 0 ? 'Do it again' : 'Do it'}
            </Button>
          </div>
        </>
      )}
      <TextArea
        label={
          action === null
            ? 'What came of it, or why it is skipped'
            : 'What you did by hand, or why it is skipped'
        }
        value={words}
        maxLength={2000}
        rows={2}
        onChange={(event) => setWords(event.target.value)}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          variant={action === null ? 'primary' : 'secondary'}
          disabledReason={mayNot ?? (action !== null && unsaid ? 'Say what you did.' : null)}
          pending={tick.isPending}
          onClick={() => tick.mutate({ ...seen, step: step.id, note: words })}
        >
          {action === null ? 'Tick it' : 'Done by hand'}
        </Button>
        <Button
          disabledReason={mayNot ?? (unsaid ? 'Say why.' : null)}
          pending={skip.isPending}
          onClick={() => skip.mutate({ ...seen, step: step.id, reason: words })}
        >
          Skip it
        </Button>
        <Button
          variant="quiet"
          disabledReason={mayNot ?? (unsaid ? 'A note has words.' : null)}
          pending={note.isPending}
          onClick={() => note.mutate({ ...seen, step: step.id, text: words })}
        >
          Note
        </Button>
      </div>
      <AttachFile run={run} step={step} words={words} onAttached={said.onSuccess} mayNot={mayNot} />
      {failed?.error ? <RefusedAct title="Nothing was done." message={failed.error.message} /> : null}
    </div>
  );
}
