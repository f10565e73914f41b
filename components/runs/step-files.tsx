'use client';

import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatCount } from '@/components/ui/format-number.ts';
import { base64Of, whyNotAttach } from '@/components/vocabulary/file-upload.ts';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import type { RunPageView } from '@/server/application/runbook-runs/read-run.ts';
import type { RunStep } from './run-words.ts';

/** What people have attached to a step, to be saved. */
export function StepFiles({ run, step }: { run: RunPageView; step: RunStep }) {
  if (step.files.length === 0) return null;
  return (
    <div className="text-sm">
      <h3 className="font-medium">Attached</h3>
      <ul className="mt-1 flex flex-col gap-1">
        {step.files.map((file) => (
          <li key={file.id} className="wrap-anywhere">
            <a className="text-accent underline" href={`/api/runs/${run.id}/files/${file.id}`} download>
              {file.name}
            </a>{' '}
            <span className="text-muted">
              {formatCount(file.bytes)} bytes · SHA-256{' '}
              <code className="font-mono" title={file.sha256}>
                {file.sha256.slice(0, 12)}
              </code>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Attaches a picture or a log to a step, with what was written beside it. */
export function AttachFile({
  run,
  step,
  words,
  onAttached,
  mayNot,
}: {
  run: RunPageView;
  step: RunStep;
  words: string;
  onAttached: () => void;
  mayNot: string | null;
}) {
  const trpc = useTRPC();
  const input = useRef<HTMLInputElement>(null);
  const [unfit, setUnfit] = useState<string | null>(null);
  const upload = useMutation(
    trpc.runs.attachFile.mutationOptions({
      onSuccess: () => {
        if (input.current !== null) input.current.value = '';
        onAttached();
      },
    }),
  );
  const send = async () => {
    const [chosen] = input.current?.files ?? [];
    const why = whyNotAttach(chosen);
    setUnfit(why);
    if (why !== null || chosen === undefined) return;
    upload.mutate({
      runId: run.id,
      version: run.version,
      step: step.id,
      name: chosen.name,
      content: await base64Of(chosen),
      text: words,
    });
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-end gap-3">
        <label className="flex flex-col gap-1 text-sm">
          A picture or a log of it (2 MiB at most; it stays for good)
          <input ref={input} type="file" className="text-sm" />
        </label>
        <Button disabledReason={mayNot} pending={upload.isPending} onClick={() => void send()}>
          Attach
        </Button>
      </div>
      {unfit === null ? null : (
        <p role="alert" className="text-sm text-failed">
          {unfit}
        </p>
      )}
      {upload.error ? <RefusedAct title="Nothing was attached." message={upload.error.message} /> : null}
    </div>
  );
}
