import { z } from 'zod';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { EvidenceDetail } from '@/server/application/views.ts';
import { WordsGone } from './words-gone.tsx';

/** Stored bytes are not trusted to have a shape: what this page walks through is looked at first. */
const statement = z.object({
  predicate: z.object({
    stage: z.enum(['broken', 'reviewed']),
    lets_run: z.object({ kind: z.enum(['replay', 'promotion']), id: z.string(), requested_by: z.string() }),
    contract: z.object({ id: z.string(), version: z.number() }),
    plan_hash: z.string(),
    broken_by: z.array(z.object({ by: z.string(), at: z.string() })),
    approvals: z.object({ needed: z.number(), counted: z.number() }).nullable(),
    incidents_open: z.number(),
    incidents: z.array(z.string()),
    review: z
      .object({ by: z.string(), at: z.string(), act_record: z.object({ id: z.string() }).nullable() })
      .nullable(),
  }),
});
type Said = z.output<typeof statement>['predicate'];

/** Broken glass, or its review: who let what run without its approvals, why, and who has looked into that. */
export function GlassDocument({ record }: { record: EvidenceDetail }) {
  const read = statement.safeParse(record.statement);
  if (!read.success)
    return (
      <Notice tone="failed" title="This record can’t be read as the evidence of broken glass.">
        Its bytes are below as they are stored.
      </Notice>
    );
  const { predicate: said } = read.data;
  const { stage, lets_run, contract, approvals } = said;
  return (
    <Section title={stage === 'broken' ? 'The broken glass' : 'The review of broken glass'}>
      <KeyValueList
        items={[
          {
            label: 'stage',
            value: <Verdict tone={stage === 'broken' ? 'failed' : 'different'}>{stage}</Verdict>,
          },
          {
            label: `let run: the ${lets_run.kind}`,
            value: (
              <TextLink href={`/${lets_run.kind === 'replay' ? 'replays' : 'promotions'}/${lets_run.id}`}>
                {lets_run.id}
              </TextLink>
            ),
          },
          { label: 'requested by', value: <Person id={lets_run.requested_by} /> },
          { label: 'contract', value: `${contract.id}, version ${contract.version}` },
          { label: 'plan_hash', value: <ShortId id={said.plan_hash} what="plan hash" head={16} tail={8} /> },
          ...(approvals === null
            ? []
            : [{ label: 'approvals', value: `${approvals.counted} of ${approvals.needed} counted by then` }]),
          ...said.broken_by.map(({ by, at }, index) => ({
            label: index === 0 ? 'begun by' : 'confirmed by',
            value: (
              <span className="flex flex-col">
                <span>
                  <Person id={by} />, <RelativeTime at={at} absolute />
                </span>
                <Reason record={record} words={record.remarks?.breakGlass?.[index]} />
              </span>
            ),
          })),
          ...reviewItems(record, said),
          { label: 'incidents', value: <Incidents {...said} /> },
        ]}
      />
    </Section>
  );
}

function Reason({ record, words }: { record: EvidenceDetail; words: string | undefined }) {
  if (record.remarks === null) return <WordsGone record={record} />;
  return <span>{words ?? 'without words'}</span>;
}

function reviewItems(record: EvidenceDetail, { review }: Said) {
  if (review === null) return [];
  const { by, at, act_record } = review;
  return [
    {
      label: 'reviewed by',
      value: (
        <span className="flex flex-col">
          <span>
            <Person id={by} />, <RelativeTime at={at} absolute />
          </span>
          <Reason record={record} words={record.remarks?.reason} />
        </span>
      ),
    },
    {
      label: 'record of the act',
      value:
        act_record === null ? (
          'none: it is from before such records were made'
        ) : (
          <TextLink href={`/evidence/${act_record.id}`}>{act_record.id}</TextLink>
        ),
    },
  ];
}

function Incidents({ incidents, incidents_open: open }: Said) {
  if (incidents.length === 0) return 'none of this contract was open';
  return (
    <span className="flex flex-col">
      {incidents.map((id) => (
        <TextLink key={id} href={`/incidents/${id}`}>
          {id}
        </TextLink>
      ))}
      {open > incidents.length ? <span>and {open - incidents.length} more</span> : null}
    </span>
  );
}
