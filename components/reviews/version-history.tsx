'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { Pager } from '@/components/ui/pager.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { VersionLine } from '@/server/application/ports/reviews.ts';
import { type DiffPart, diffTexts } from '@/server/domain/review/merge.ts';
import type { OpinionSection } from '@/server/domain/review/sections.ts';
import { nextPage } from './next-page.ts';

type Of = { readonly reviewId: string; readonly section: OpinionSection };

const mergeWords = {
  none: '',
  merged: ', with what somebody else had saved meanwhile',
  conflict: ', with two versions of the same lines',
} as const;

/** Who wrote what of a section and when, and what any two versions of it say otherwise. */
export function VersionHistory({ newest, title, ...of }: Of & { title: string; newest: number }) {
  const [shown, setShown] = useState(false);
  if (newest === 0) return null;
  return (
    <div data-no-print="" className="flex flex-col gap-2 text-sm">
      <div>
        <Button
          size="sm"
          variant="quiet"
          aria-expanded={shown}
          aria-label={`${counted(newest, 'version')} of “${title}”`}
          onClick={() => setShown((was) => !was)}
        >
          {counted(newest, 'version')}
        </Button>
      </div>
      {shown ? <Versions {...of} /> : null}
    </div>
  );
}

function Versions(of: Of) {
  const trpc = useTRPC();
  const pages = useInfiniteQuery(trpc.reviews.versions.infiniteQueryOptions(of, nextPage));
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <>
      <Refused error={pages.error} />
      <ol className="flex flex-col gap-1">
        {rows.map((each) => (
          <li key={each.version}>
            Version {each.version}, <Person id={each.writtenBy} />,{' '}
            <RelativeTime at={each.writtenAt.toISOString()} />, {counted(each.letters, 'letter')}
            {mergeWords[each.merge]}
          </li>
        ))}
      </ol>
      <Pager
        summary={counted(rows.length, 'version') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetching}
      />
      {rows.length < 2 ? null : <Compared {...of} rows={rows} />}
    </>
  );
}

/** The newest beside the one before it, until somebody chooses others. */
function Compared({ rows, ...of }: Of & { rows: readonly VersionLine[] }) {
  const trpc = useTRPC();
  const [chosen, setChosen] = useState<{ before: string | null; after: string | null }>({
    before: null,
    after: null,
  });
  const before = chosen.before ?? String(rows[1]?.version ?? 1);
  const after = chosen.after ?? String(rows[0]?.version ?? 1);
  const options = rows.map(({ version }) => ({ value: String(version), label: `version ${version}` }));
  const text = (version: string) =>
    trpc.reviews.version.queryOptions(
      { ...of, sectionVersion: Number(version) },
      { staleTime: Number.POSITIVE_INFINITY },
    );
  const [old, fresh] = [useQuery(text(before)), useQuery(text(after))];
  return (
    <>
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label="What changed from"
          value={before}
          options={options}
          onValueChange={(value) => setChosen({ before: value, after })}
        />
        <Select
          label="to"
          value={after}
          options={options}
          onValueChange={(value) => setChosen({ before, after: value })}
        />
      </div>
      <Refused error={old.error ?? fresh.error} />
      {old.data === undefined || fresh.data === undefined ? null : (
        <Diff parts={diffTexts(old.data.text, fresh.data.text)} />
      )}
    </>
  );
}

const marks = { same: ' ', removed: '−', added: '+' } as const;
const looks = { same: '', removed: 'bg-failed-tint', added: 'bg-verified-tint' } as const;
const words = { same: null, removed: 'removed: ', added: 'added: ' } as const;

function Diff({ parts }: { parts: readonly DiffPart[] }) {
  if (parts.every(({ is }) => is === 'same')) return <p className="text-muted">They say the same.</p>;
  const lines = parts.flatMap(({ is, lines: of }) => of.map((line) => ({ is, line })));
  return (
    <pre className="overflow-x-auto rounded-md border border-line py-1 font-mono text-sm">
      {lines.map(({ is, line }, at) => (
        // Lines are those of two texts that do not change: their place is what they are known by.
        // biome-ignore lint/suspicious/noArrayIndexKey: two lines may say the same
        <div key={at} className={`px-3 whitespace-pre-wrap ${looks[is]}`}>
          <span aria-hidden="true">{marks[is]} </span>
          {words[is] === null ? null : <span className="sr-only">{words[is]}</span>}
          {line}
        </div>
      ))}
    </pre>
  );
}
