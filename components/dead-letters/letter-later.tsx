'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useState, useTransition } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { Superseded } from '@/server/application/dead-letters/later.ts';
import type { StateSince } from '@/server/application/dead-letters/states-since.ts';
import type { LetterPlace } from '@/server/application/ports/dead-letters.ts';

/** Whether something newer stands in a letter's place, and where its own change is still missing. */
export function LetterLater({ place }: { place: LetterPlace }) {
  const trpc = useTRPC();
  const { topic, partition, offset } = place;
  const [search, setSearch] = useState(false);
  const [isSearching, startSearch] = useTransition();
  const { data } = useSuspenseQuery(
    trpc.deadLetters.later.queryOptions({ topic, partition, offset, search }),
  );
  return (
    <Section
      title="Since then"
      description="By the positions that derived states keep, and by the newest comparison with the history."
    >
      <p className="text-sm">
        <SupersededBy superseded={data.superseded} />
      </p>
      {data.superseded.by === 'not-looked' ? (
        <Button
          pending={isSearching}
          onClick={() => startSearch(() => setSearch(true))}
          className="self-start"
        >
          Look in the history
        </Button>
      ) : null}
      <Table
        caption="The letter in each derived state"
        columns={columns}
        rows={data.states}
        rowKey={(row) => row.derivedState}
      />
    </Section>
  );
}

function SupersededBy({ superseded }: { superseded: Superseded }) {
  switch (superseded.by) {
    case 'edited':
      return (
        <>
          Superseded:{' '}
          <TextLink href={`/dead-letters/redrives/${superseded.redriveId}`}>an edited event</TextLink> took
          its place as <code className="font-mono">{superseded.eventId}</code>, and was reprocessed.
        </>
      );
    case 'newer':
      return (
        <>
          Superseded: a newer event of the same key stands before the position that was applied,{' '}
          {superseded.type || 'of no type'} <code className="font-mono">{superseded.eventId}</code> at{' '}
          {superseded.partition}/{superseded.offset}. What this one would have changed may be missing all the
          same: see below.
        </>
      );
    case 'not-looked':
      return (
        <>Whether a newer event of its key was applied stands in the history, which is read when you ask.</>
      );
    case 'nothing':
      return <>Not superseded: {superseded.sentence}</>;
    case 'not-known':
      return <>Whether it is superseded is not known: {superseded.sentence}</>;
  }
}

const tones: Readonly<Record<StateSince['standing'], Tone>> = {
  missing: 'different',
  differs: 'different',
  agrees: 'verified',
  'not-known': 'unknown',
};
const words: Readonly<Record<StateSince['standing'], string>> = {
  missing: 'missing',
  differs: 'differs',
  agrees: 'agrees',
  'not-known': 'not known',
};

const columns: readonly Column<StateSince>[] = [
  { id: 'state', header: 'Derived state', cell: (row) => row.derivedState },
  {
    id: 'standing',
    header: 'Still missing',
    cell: (row) => (
      <Verdict tone={tones[row.standing]} look="plain">
        {words[row.standing]}
      </Verdict>
    ),
  },
  { id: 'why', header: 'Why', cell: (row) => <span className="block min-w-48">{row.sentence}</span> },
];
