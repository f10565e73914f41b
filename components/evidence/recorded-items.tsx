import { formatCount } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { AgreementVerdict, ConfidenceVerdict, StatusVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { EvidenceSummary, EvidenceView } from '@/server/application/views.ts';

/** E of the contract, by the names of its fields. */
export function recordedItems(record: EvidenceView) {
  const figure = (value: number | null) => (value === null ? 'not computed' : formatCount(value));
  if (record.kind === 'promotion')
    return [
      { label: 'kind', value: 'promotion' },
      {
        label: 'keys_written',
        value: record.outcomeUnknown ? 'not known' : figure(record.projectionsChanged),
      },
      { label: 'agreement', value: <AgreementVerdict status={record.agreement} /> },
      ...commonItems(record),
    ];
  if (record.kind === 'runbook-step')
    return [
      { label: 'kind', value: 'runbook-step' },
      {
        label: 'status',
        value: record.outcomeUnknown ? (
          <Verdict tone="unknown" look="plain">
            unknown
          </Verdict>
        ) : (
          <StatusVerdict status={record.status} />
        ),
      },
      {
        label: 'contract',
        value: record.contractId === '' ? 'none' : <ContractLink id={record.contractId} />,
      },
      { label: 'asked for by', value: <Person id={record.requestedBy} /> },
      { label: 'recorded', value: <RelativeTime at={record.recordedAt} absolute /> },
    ];
  if (record.kind === 'review')
    return [
      { label: 'kind', value: 'review' },
      ...(record.contractId === ''
        ? []
        : [{ label: 'contract', value: <ContractLink id={record.contractId} /> }]),
      { label: 'signed by', value: <Person id={record.requestedBy} /> },
      { label: 'recorded', value: <RelativeTime at={record.recordedAt} absolute /> },
    ];
  if (record.kind === 'break-glass')
    return [
      { label: 'kind', value: 'break-glass' },
      { label: 'stage', value: record.status },
      { label: 'contract', value: <ContractLink id={record.contractId} /> },
      {
        label: record.status === 'reviewed' ? 'reviewed by' : 'confirmed by',
        value: <Person id={record.requestedBy} />,
      },
      { label: 'recorded', value: <RelativeTime at={record.recordedAt} absolute /> },
    ];
  if (record.kind === 'approval')
    return [
      { label: 'kind', value: 'approval' },
      { label: 'verdict', value: record.status },
      {
        label: 'contract',
        value: record.generated ? record.contractId : <ContractLink id={record.contractId} />,
      },
      { label: 'decided by', value: <Person id={record.requestedBy} /> },
      { label: 'recorded', value: <RelativeTime at={record.recordedAt} absolute /> },
    ];
  return [
    { label: 'events_processed', value: figure(record.eventsProcessed) },
    { label: 'duplicates_skipped', value: figure(record.duplicatesSkipped) },
    {
      label: 'projections_changed',
      value: figure(record.projectionsChanged),
      hint: 'Discrepancies: a key counts once in each derived state on which it differs.',
    },
    { label: 'reconciliation_failures', value: figure(record.reconciliationFailures) },
    { label: 'confidence_status', value: <ConfidenceVerdict status={record.confidence} /> },
    { label: 'agreement', value: <AgreementVerdict status={record.agreement} /> },
    { label: 'coverage', value: record.coverageKind ?? 'not computed' },
    ...commonItems(record),
  ];
}

function commonItems(record: EvidenceSummary) {
  return [
    { label: 'status', value: <StatusVerdict status={record.status} /> },
    {
      label: 'contract',
      value: record.generated ? record.contractId : <ContractLink id={record.contractId} />,
    },
    { label: 'requested by', value: <Person id={record.requestedBy} /> },
    {
      label: 'approved by',
      value:
        record.approvedBy.length === 0 ? (
          'nobody'
        ) : (
          <span className="flex flex-wrap gap-x-2">
            {record.approvedBy.map((id) => (
              <Person key={id} id={id} />
            ))}
          </span>
        ),
    },
    { label: 'recorded', value: <RelativeTime at={record.recordedAt} absolute /> },
  ];
}
