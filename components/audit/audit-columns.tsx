'use client';

import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { useViewer } from '@/components/vocabulary/viewer.ts';
import type { AuditRow } from '@/server/application/views.ts';
import { detailOf, isLongId, type Subject, subjectsOf } from './audit-words.ts';

export const auditColumns: readonly Column<AuditRow>[] = [
  { id: 'at', header: 'Time', cell: (row) => <RelativeTime at={row.at} absolute /> },
  { id: 'who', header: 'Who', cell: (row) => <Person id={row.actor} /> },
  {
    id: 'action',
    header: 'Action',
    mono: true,
    cell: (row) => (
      <>
        <span className="whitespace-nowrap">{row.action}</span>
        {/* Below 1024 px its column would be a letter wide. */}
        <span className="block font-sans lg:hidden">
          <Detail row={row} />
        </span>
      </>
    ),
  },
  {
    id: 'subject',
    header: 'Subject',
    cell: (row) => (
      <span className="inline-flex flex-wrap gap-x-2">
        {subjectsOf(row.subject).map((each) => (
          <SubjectLink key={`${each.kind}:${each.id}`} subject={each} />
        ))}
      </span>
    ),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: (row) => (
      <Verdict tone={row.outcome === 'done' ? 'verified' : 'failed'} look="plain">
        {row.outcome}
      </Verdict>
    ),
  },
  {
    id: 'origin',
    header: 'From',
    mono: true,
    wideOnly: true,
    cell: (row) => <span className="whitespace-nowrap">{row.origin}</span>,
  },
  { id: 'detail', header: 'Detail', wideOnly: true, cell: (row) => <Detail row={row} /> },
];

function SubjectLink({ subject }: { subject: Subject }) {
  const mayGovern = useViewer()?.rights.includes('people') ?? false;
  const { kind, id } = subject;
  switch (kind) {
    case 'replay':
      return (
        <span className="whitespace-nowrap">
          replay{' '}
          <ShortId id={id} what="replay" href={`/replays/${encodeURIComponent(id)}`} copyable={false} />
        </span>
      );
    case 'promotion':
      return (
        <span className="whitespace-nowrap">
          promotion{' '}
          <ShortId id={id} what="promotion" href={`/promotions/${encodeURIComponent(id)}`} copyable={false} />
        </span>
      );
    case 'person':
      return mayGovern ? (
        <TextLink quiet href={`/people?person=${encodeURIComponent(id)}`}>
          <Person id={id} />
        </TextLink>
      ) : (
        <Person id={id} />
      );
    case 'contract':
      return <ContractLink id={id} />;
    case 'other':
      return <span className="wrap-anywhere">{id}</span>;
  }
}

function Detail({ row }: { row: AuditRow }) {
  const entries = detailOf(row.detail);
  if (entries.length === 0) return <span className="text-muted">—</span>;
  return (
    <span className="inline-flex max-w-[36rem] flex-wrap gap-x-3 py-1">
      {entries.map(([name, value]) => (
        <span key={name} className="wrap-anywhere">
          <span className="text-muted">{name}</span>{' '}
          {isLongId(value) ? <ShortId id={value} what={name} copyable={false} /> : value}
        </span>
      ))}
    </span>
  );
}
