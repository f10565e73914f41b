'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { LetterView } from '@/server/application/dead-letters/letter-view.ts';
import type { LetterPlace } from '@/server/application/ports/dead-letters.ts';
import { AskRedrive } from './ask-redrive.tsx';
import { EditLetter } from './edit-letter.tsx';
import { letterColumns, letterKey } from './letter-columns.tsx';
import { causeHref } from './letter-filters.ts';
import { LetterLater } from './letter-later.tsx';
import { letterVerdict, stepWords } from './letter-verdict.ts';
import { outcomeTone, outcomeWords } from './redrive-words.ts';
import { RevealRecord } from './reveal-record.tsx';

/** One dead letter: why it was parked, what the contract makes of it now, and what became of it. */
export function LetterPage({ place }: { place: LetterPlace }) {
  const trpc = useTRPC();
  const { data: letter } = useSuspenseQuery(trpc.deadLetters.get.queryOptions(place));
  const answer = letterVerdict(letter);
  return (
    <>
      <PageHeader
        title={`${letter.topic} ${letter.partition}/${letter.offset}`}
        trail={[{ label: 'Dead letters', href: '/dead-letters' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${letter.exception} · ${letter.partition}/${letter.offset}`}
      />
      <Why letter={letter} />
      <Record letter={letter} />
      <Since letter={letter} />
      <LetterLater place={place} />
      {letter.isOwnerKnown ? null : (
        <Notice tone="unknown" title="Who has parked it is not known.">
          Several derived states park in {letter.topic}, and none of its headers says which of them it was: it
          can’t be sent again from here. A consumer says it by the header dlq.projector.
        </Notice>
      )}
      {letter.record === null || !letter.isOwnerKnown ? null : (
        <AskRedrive contractId={letter.contractId} derivedState={letter.state} letters={[letter]} what="it" />
      )}
      {letter.record === null || !letter.isOwnerKnown ? null : <EditLetter letter={letter} />}
    </>
  );
}

function Why({ letter }: { letter: LetterView }) {
  const { reading, origin } = letter;
  return (
    <Section
      title="Why it was parked"
      description="What its consumer wrote, and what the contract’s own code makes of the record now."
    >
      <KeyValueList
        items={[
          {
            label: 'Cause that its consumer wrote',
            value: letter.cause ?? 'none',
            hint: <TextLink href={causeHref(letter)}>All letters of this cause</TextLink>,
          },
          {
            label: 'The contract now',
            value:
              reading === null
                ? 'not tried: the record can’t be read'
                : `${reading.step === null ? '' : `${stepWords[reading.step]}: `}${reading.sentence}`,
            hint: reading === null ? null : `Version ${reading.version} of ${letter.contractId}`,
          },
          {
            label: 'Event',
            value: <code className="font-mono">{letter.eventId ?? 'no id'}</code>,
            hint:
              reading?.eventType == null
                ? null
                : `${reading.eventType}, version ${reading.eventVersion ?? 'not said'}`,
          },
          {
            label: 'Parked by',
            value: !letter.isOwnerKnown ? (
              'its headers don’t say'
            ) : (
              <>
                {letter.state} of <ContractLink id={letter.contractId} />
              </>
            ),
          },
          { label: 'Parked', value: <RelativeTime at={letter.at} absolute /> },
          {
            label: 'Came from',
            value:
              origin === null
                ? 'its headers don’t say'
                : `${origin.topic}, partition ${origin.partition}, offset ${origin.offset}`,
          },
        ]}
      />
    </Section>
  );
}

function Record({ letter }: { letter: LetterView }) {
  const { record } = letter;
  if (record === null)
    return (
      <Section title="The record">
        <Notice tone="unknown" title="It can’t be shown.">
          {letter.problem}
        </Notice>
      </Section>
    );
  return (
    <Section
      title="The record"
      description="Read from its topic now. Reprise keeps no copy of keys and values."
    >
      <RevealRecord contractId={letter.contractId} until={letter.revealedUntil} />
      <KeyValueList
        items={[
          { label: 'Key', value: <code className="font-mono">{record.keyText ?? 'none'}</code> },
          { label: 'Value', value: record.bytes === null ? 'none: a tombstone' : `${record.bytes} bytes` },
        ]}
      />
      {record.value === null ? (
        <p className="text-sm text-muted">
          {record.bytes === null ? 'A tombstone has no value.' : 'The value can’t be decoded.'}
        </p>
      ) : (
        <CodeBlock label="Value" text={record.value} maxHeight="md" />
      )}
      <Table
        caption="Headers"
        columns={[
          { id: 'name', header: 'Header', mono: true, cell: (row) => row.name },
          {
            id: 'value',
            header: 'Value',
            mono: true,
            cell: (row) => (row.hidden ? <span className="text-muted">{row.value}</span> : row.value),
          },
        ]}
        rows={record.headers}
        rowKey={(row) => row.name}
        empty={<EmptyState title="It has no headers." />}
      />
    </Section>
  );
}

function Since({ letter }: { letter: LetterView }) {
  const { comparison } = letter;
  return (
    <Section title="What became of it">
      <Redriven letter={letter} />
      <Comparison letter={letter} />
      {letter.same.length === 0 ? (
        <p className="text-sm text-muted">
          {letter.eventId === null
            ? 'It has no idempotency key, so other letters of the same event can’t be found.'
            : 'No other letter of this event was seen.'}
        </p>
      ) : (
        <Table
          caption="Other letters of the same event"
          columns={letterColumns}
          rows={letter.same}
          rowKey={letterKey}
        />
      )}
      {comparison.missing.length === 0 ? null : (
        <Table
          caption="Derived states that miss it"
          columns={[
            {
              id: 'state',
              header: 'Derived state',
              cell: (row) => (
                <TextLink
                  quiet
                  href={`/states/${encodeURIComponent(letter.contractId)}/${encodeURIComponent(row.key)}`}
                >
                  {row.derivedState}
                </TextLink>
              ),
            },
            { id: 'key', header: 'Key', mono: true, cell: (row) => row.key },
            { id: 'cause', header: 'Why it differs', cell: (row) => row.cause.replaceAll('-', ' ') },
            { id: 'certainty', header: 'How sure', cell: (row) => row.certainty },
          ]}
          rows={comparison.missing}
          rowKey={(row) => `${row.derivedState}/${row.key}`}
        />
      )}
    </Section>
  );
}

function Redriven({ letter }: { letter: LetterView }) {
  if (letter.redrives.length === 0) return <p className="text-sm">It was never sent again by a redrive.</p>;
  return (
    <Table
      caption="Redrives of this letter"
      columns={[
        {
          id: 'when',
          header: 'Asked for',
          cell: (row) => (
            <TextLink quiet href={`/dead-letters/redrives/${row.redriveId}`}>
              <RelativeTime at={row.requestedAt} />
            </TextLink>
          ),
        },
        { id: 'who', header: 'By', cell: (row) => <Person id={row.requestedBy} /> },
        {
          id: 'outcome',
          header: 'What became of it',
          cell: (row) => (
            <Verdict tone={outcomeTone[row.status]} look="plain">
              {outcomeWords[row.status]}
            </Verdict>
          ),
        },
        {
          id: 'as',
          header: 'Sent as',
          mono: true,
          cell: (row) => (row.editedAs === null ? 'it was' : `edited: ${row.editedAs}`),
        },
        { id: 'why', header: 'Why', cell: (row) => row.cause ?? '' },
      ]}
      rows={letter.redrives}
      rowKey={(row) => row.redriveId}
    />
  );
}

function Comparison({ letter: { comparison, contractId, beside } }: { letter: LetterView }) {
  const { replayId, at, isSince, key, isKeyReplayed, missing } = comparison;
  if (replayId === null || at === null)
    return <p className="text-sm">Nothing of {contractId} was compared with its history yet.</p>;
  const link = (
    <TextLink href={`/replays/${replayId}`}>
      the comparison of <RelativeTime at={at} absolute />
    </TextLink>
  );
  if (!isSince)
    return (
      <p className="text-sm">
        Nothing was compared since it was parked: {link} is older, and says nothing of it. Replay to know.
      </p>
    );
  if (key === null)
    return <p className="text-sm">Its key can’t be read, so {link} can’t be asked about it.</p>;
  if (!isKeyReplayed)
    return (
      <p className="text-sm">
        Its key was not replayed for {link}, which says nothing of it. Replay to know.
      </p>
    );
  return (
    <p className="text-sm">
      {missing.length === 0
        ? beside.length === 0
          ? 'No derived state was found to differ by it in '
          : 'No derived state was found to differ by the event as it was parked in '
        : `${missing.length === 1 ? 'A derived state differs' : 'Derived states differ'} by it in `}
      {link}.
    </p>
  );
}
