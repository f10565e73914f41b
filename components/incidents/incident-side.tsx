'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person, useNameOf } from '@/components/vocabulary/person.tsx';
import { ConfidenceVerdict } from '@/components/vocabulary/verdicts.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { IncidentView } from '@/server/application/ports/incident-reads.ts';
import { CauseOver, ClassVerdict, ResponseClock, StatusVerdict } from './incident-verdicts.tsx';
import { classWords, incidentClasses } from './incident-words.ts';

/** Class, clock, people, and what belongs to it. */
export function IncidentSide({ incident }: { incident: IncidentView }) {
  const mayNot = useWhyNot('respond', 'Responding');
  const nameOf = useNameOf();
  return (
    <aside aria-label="About the incident" className="flex flex-col gap-6">
      <KeyValueList
        items={[
          {
            label: 'Class',
            value: <ClassVerdict of={incident.class} />,
            hint: incident.classSaidBy === null ? 'by the rule of its signal' : 'said by a person',
          },
          { label: 'Status', value: <StatusVerdict of={incident.status} /> },
          { label: 'Response', value: <ResponseClock incident={incident} /> },
          ...(incident.escalateAt === null || incident.status !== 'detected'
            ? []
            : [{ label: 'Next is asked', value: <RelativeTime at={incident.escalateAt} absolute /> }]),
          {
            label: 'Asked so far',
            value: incident.asked.length === 0 ? 'nobody by name' : incident.asked.map(nameOf).join(', '),
          },
          { label: 'Opened', value: <RelativeTime at={incident.openedAt} /> },
          { label: 'Opened by', value: <Person id={incident.openedBy} /> },
          {
            label: 'Contract',
            value:
              incident.contractId === null ? 'Reprise itself' : <ContractLink id={incident.contractId} />,
          },
          { label: 'Told', value: counted(incident.told, 'time') },
          ...(incident.reopened === 0
            ? []
            : [{ label: 'Opened again', value: counted(incident.reopened, 'time') }]),
          { label: 'Cause', value: <code className="font-mono text-xs">{incident.cause}</code> },
        ]}
      />
      {mayNot === null ? (
        <>
          <Assign incident={incident} />
          {incident.status === 'closed' ? null : <ChangeClass key={incident.class} incident={incident} />}
        </>
      ) : (
        <p className="text-sm">
          Assigned to {incident.assignee === null ? 'nobody' : <Person id={incident.assignee} />}.
        </p>
      )}
      <Records incident={incident} />
      {incident.related.length === 0 ? null : (
        <Section title="Related" description="Of the same contract, at about the same time.">
          <ul className="flex flex-col gap-1 text-sm">
            {incident.related.map((each) => (
              <li key={each.id}>
                <ClassVerdict of={each.class} />{' '}
                <TextLink href={`/incidents/${each.id}`}>{each.title}</TextLink> <CauseOver incident={each} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </aside>
  );
}

function Assign({ incident }: { incident: IncidentView }) {
  const trpc = useTRPC();
  const { data: responders = [] } = useQuery(trpc.incidents.responders.queryOptions());
  const nameOf = useNameOf();
  const assign = useMutation(trpc.incidents.assign.mutationOptions());
  if (incident.status === 'closed') return null;
  return (
    <div className="flex flex-col gap-2">
      <Select
        label="Assigned to"
        value={incident.assignee ?? ''}
        options={[
          { value: '', label: 'Nobody' },
          ...responders.map((each) => ({ value: each.id, label: each.name })),
          // Who may respond is read after the page; and whoever may not any more is still whom it is assigned to.
          ...(incident.assignee === null || responders.some(({ id }) => id === incident.assignee)
            ? []
            : [{ value: incident.assignee, label: nameOf(incident.assignee) }]),
        ]}
        onValueChange={(value) =>
          assign.mutate({ incidentId: incident.id, version: incident.version, assignee: value || null })
        }
      />
      <Refused error={assign.error} />
    </div>
  );
}

function ChangeClass({ incident }: { incident: IncidentView }) {
  const trpc = useTRPC();
  const [to, setTo] = useState<IncidentView['class']>(incident.class);
  const [reason, setReason] = useState('');
  const change = useMutation(trpc.incidents.setClass.mutationOptions({ onSuccess: () => setReason('') }));
  if (incident.whyNoClass !== null) return <p className="text-sm text-muted">{incident.whyNoClass}</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ incidentId: incident.id, version: incident.version, class: to, reason });
  };
  return (
    <form onSubmit={submit} aria-label="Change the class" className="flex flex-col gap-2">
      <Select
        label="Class"
        value={to}
        options={incidentClasses.map((each) => ({ value: each, label: classWords[each] }))}
        onValueChange={(value) => setTo(incidentClasses.find((each) => each === value) ?? incident.class)}
      />
      {to === incident.class ? null : (
        <>
          <TextField
            label="Why"
            value={reason}
            required
            maxLength={2000}
            onChange={(event) => setReason(event.target.value)}
          />
          <div>
            <Button type="submit" pending={change.isPending}>
              Make it a {to}
            </Button>
          </div>
        </>
      )}
      <Refused error={change.error} />
    </form>
  );
}

function Records({ incident }: { incident: IncidentView }) {
  const { records } = incident;
  return (
    <Section
      title="Evidence"
      aside={
        records.length === 0 ? null : (
          <TextLink href={`/evidence?incident=${incident.id}`}>All records of it</TextLink>
        )
      }
    >
      {records.length === 0 ? (
        <p className="text-sm text-muted">
          Nothing was recorded while it was open. A replay’s record belongs to it by itself.
        </p>
      ) : (
        <ul className="flex flex-col gap-1 text-sm">
          {records.slice(0, 10).map((record) => (
            <li key={record.evidenceId} className="flex flex-wrap items-center gap-x-2">
              <TextLink href={`/evidence/${record.evidenceId}`}>
                {record.kind} {record.evidenceId.slice(0, 8)}
              </TextLink>
              {record.confidence === null ? record.status : <Confidence of={record.confidence} />}
              <RelativeTime at={record.recordedAt} />
              {record.evidenceId === incident.recoveryEvidenceId ? (
                <strong>proves the recovery</strong>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Confidence({ of }: { of: string }) {
  const known = (['trusted', 'suspect', 'untrusted'] as const).find((each) => each === of);
  return known === undefined ? of : <ConfidenceVerdict status={known} />;
}
