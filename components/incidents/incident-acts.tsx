'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { useShortcut } from '@/components/ui/shortcuts.ts';
import { TextArea } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { IncidentView } from '@/server/application/ports/incident-reads.ts';

/** What can be done to it now, with what is to be said about it. */
export function IncidentActs({ incident }: { incident: IncidentView }) {
  const trpc = useTRPC();
  const [reason, setReason] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const whyNot = useWhyNot('respond', 'Responding');
  const said = { onSuccess: () => setReason('') };
  const acknowledge = useMutation(trpc.incidents.acknowledge.mutationOptions(said));
  const mitigate = useMutation(trpc.incidents.startMitigating.mutationOptions(said));
  const recover = useMutation(trpc.incidents.recover.mutationOptions(said));
  const review = useMutation(trpc.incidents.review.mutationOptions(said));
  const close = useMutation(trpc.incidents.close.mutationOptions(said));
  const reopen = useMutation(trpc.incidents.reopen.mutationOptions(said));
  const all = [acknowledge, mitigate, recover, review, close, reopen];
  const failed = all.find((each) => each.isError);
  const seen = { incidentId: incident.id, version: incident.version };
  const can = (act: IncidentView['acts'][number]) => incident.acts.includes(act) && whyNot === null;
  const mayRecover = can('recover') && incident.whyNotOver === null;
  const takeUp = () => {
    if (can('acknowledge')) acknowledge.mutate(seen);
  };
  useShortcut('a', 'Acknowledge the incident', takeUp);
  useShortcut('m', 'Begin to mitigate the incident', () => {
    if (can('mitigate')) mitigate.mutate(seen);
  });
  if (whyNot !== null) return <p className="text-sm text-muted">{whyNot}</p>;
  const proofs = incident.records.filter((each) => each.whyNoProof === null);
  // The newest that proves it, until somebody chooses another or none.
  const evidenceId = chosen ?? proofs[0]?.evidenceId ?? '';
  const newest = incident.records.toSorted((a, b) => b.recordedAt.localeCompare(a.recordedAt))[0];
  const unsaid = reason.trim() === '';
  return (
    <section
      aria-label="What to do"
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      {can('recover') && !mayRecover ? <p className="text-sm text-muted">{incident.whyNotOver}</p> : null}
      {mayRecover || can('review') || can('reopen') ? (
        <TextArea
          label={
            mayRecover
              ? 'Why it is over, or what you saw'
              : can('review')
                ? 'What the review came to, or why it is open again'
                : 'Why it is open again'
          }
          rows={2}
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
        />
      ) : null}
      {mayRecover ? (
        <Select
          label="Proven by"
          value={evidenceId}
          options={[
            { value: '', label: 'No record: the reason alone' },
            ...proofs.map((each) => ({
              value: each.evidenceId,
              label: `Trusted ${each.kind} of ${each.recordedAt.slice(0, 16).replace('T', ' ')} UTC (${each.evidenceId.slice(0, 8)})`,
            })),
          ]}
          onValueChange={setChosen}
        />
      ) : null}
      {mayRecover && proofs.length === 0 && newest !== undefined ? (
        <p className="text-sm text-muted">No record proves it. Of the newest: {newest.whyNoProof}</p>
      ) : null}
      {failed?.error ? <RefusedAct title="Nothing was done." message={failed.error.message} /> : null}
      <div className="flex flex-wrap items-start gap-2">
        {can('acknowledge') ? (
          <Button variant="primary" pending={acknowledge.isPending} onClick={takeUp}>
            Acknowledge
          </Button>
        ) : null}
        {can('mitigate') ? (
          <Button pending={mitigate.isPending} onClick={() => mitigate.mutate(seen)}>
            Start mitigating
          </Button>
        ) : null}
        {mayRecover ? (
          <Button
            pending={recover.isPending}
            disabledReason={
              evidenceId === '' && unsaid ? 'Choose a record that proves it, or say why it is over.' : null
            }
            onClick={() =>
              recover.mutate({ ...seen, evidenceId: evidenceId === '' ? null : evidenceId, reason })
            }
          >
            It is recovered
          </Button>
        ) : null}
        {can('review') ? (
          <Button
            variant="primary"
            pending={review.isPending}
            disabledReason={unsaid ? 'Say what the review came to.' : null}
            onClick={() => review.mutate({ ...seen, reason })}
          >
            Reviewed
          </Button>
        ) : null}
        {can('close') ? (
          <Button variant="primary" pending={close.isPending} onClick={() => close.mutate(seen)}>
            Close it
          </Button>
        ) : null}
        {can('reopen') ? (
          <Button
            variant="danger"
            pending={reopen.isPending}
            disabledReason={unsaid ? 'Say why it is open again.' : null}
            onClick={() => reopen.mutate({ ...seen, reason })}
          >
            Open it again
          </Button>
        ) : null}
      </div>
    </section>
  );
}
