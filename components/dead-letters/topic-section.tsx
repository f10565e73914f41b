'use client';

import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { LetterGroup, LetterTopicView } from '@/server/application/ports/dead-letters.ts';
import { causeHref } from './letter-filters.ts';
import { causeWords, standing } from './letter-words.ts';

const columns = (topic: string): readonly Column<LetterGroup>[] => [
  {
    id: 'cause',
    header: 'Cause',
    cell: (row) => (
      <TextLink quiet href={causeHref({ topic, groupId: row.groupId })} scroll={false}>
        {causeWords(row)}
      </TextLink>
    ),
  },
  { id: 'stand', header: 'Stand', align: 'end', cell: (row) => formatCount(standing(row)) },
  { id: 'reprocessed', header: 'Reprocessed', align: 'end', cell: (row) => formatCount(row.reprocessed) },
  { id: 'gone', header: 'Gone', align: 'end', cell: (row) => formatCount(row.gone) },
  { id: 'first', header: 'First', cell: (row) => <RelativeTime at={row.firstAt} /> },
  { id: 'last', header: 'Last', cell: (row) => <RelativeTime at={row.lastAt} /> },
];

/** One topic of dead letters: its letters by cause, and what is not known of it. */
export function TopicSection({ topic }: { topic: LetterTopicView }) {
  return (
    <Section
      title={topic.topic}
      description={
        <>
          Parked by {topic.state} of <ContractLink id={topic.contractId} />
          {topic.others.length === 0 ? null : <>, and by {topic.others.join(', ')}</>}.{' '}
          {topic.readAt === null ? (
            'Not read to its end yet.'
          ) : (
            <>
              Read to its end <RelativeTime at={topic.readAt} />.
            </>
          )}
        </>
      }
    >
      {topic.problem === null ? null : (
        <Notice tone="different" title="It can’t be read now.">
          {topic.problem}
        </Notice>
      )}
      {topic.retiredAt === null ? null : (
        <Notice tone="unknown" title="No contract names it any more.">
          It has not been read since <RelativeTime at={topic.retiredAt} absolute />.
        </Notice>
      )}
      {topic.recreatedAt === null ? null : (
        <Notice tone="different" title="It was deleted and made again.">
          Found <RelativeTime at={topic.recreatedAt} absolute />. Letters of the topic before it are gone.
        </Notice>
      )}
      {topic.cutAt === null ? null : (
        <Notice
          tone="different"
          title={`Records at ${formatCount(BigInt(topic.cut))} offsets that had been read are gone.`}
        >
          Found <RelativeTime at={topic.cutAt} absolute />: a partition ended before them. An unclean leader
          election loses records so, or a broker that came back without them. Their letters are listed as
          gone, and what stands there since is read.
        </Notice>
      )}
      {topic.missed === '0' ? null : (
        <Notice
          tone="different"
          title={`${formatCount(BigInt(topic.missed))} offsets were deleted before they were read.`}
        >
          Retention was faster than the index: what stood there is not known.
        </Notice>
      )}
      {topic.groups.length === 0 ? (
        <EmptyState title="No letter was ever seen here." />
      ) : (
        <Table
          caption={`Dead letters of ${topic.topic} by cause`}
          columns={columns(topic.topic)}
          rows={topic.groups}
          rowKey={(row) => row.groupId}
        />
      )}
      {topic.moreGroups === 0 ? null : (
        <p className="text-sm text-muted">
          And {counted(topic.moreGroups, 'more cause')}, with fewer letters each: a letter’s own page leads to
          its cause.
        </p>
      )}
    </Section>
  );
}
