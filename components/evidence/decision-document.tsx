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
    decides: z.object({ kind: z.enum(['replay', 'promotion']), id: z.string() }),
    contract: z.object({ id: z.string(), version: z.number() }),
    plan_hash: z.string(),
    verdict: z.enum(['approved', 'rejected']),
    by: z.string(),
    decided_at: z.string(),
    expires_at: z.string(),
    approvals: z.object({ needed: z.number(), counted: z.number() }),
  }),
});

/** A decision about a replay or a promotion: who, about exactly what, and why. */
export function DecisionDocument({ record }: { record: EvidenceDetail }) {
  const read = statement.safeParse(record.statement);
  if (!read.success)
    return (
      <Notice tone="failed" title="This record can’t be read as a decision’s evidence.">
        Its bytes are below as they are stored.
      </Notice>
    );
  const { decides, contract, plan_hash, verdict, by, decided_at, expires_at, approvals } =
    read.data.predicate;
  return (
    <Section title="The decision">
      <KeyValueList
        items={[
          {
            label: 'verdict',
            value: <Verdict tone={verdict === 'approved' ? 'verified' : 'failed'}>{verdict}</Verdict>,
          },
          { label: 'by', value: <Person id={by} /> },
          {
            label: `of the ${decides.kind}`,
            value: (
              <TextLink href={`/${decides.kind === 'replay' ? 'replays' : 'promotions'}/${decides.id}`}>
                {decides.id}
              </TextLink>
            ),
          },
          { label: 'contract', value: `${contract.id}, version ${contract.version}` },
          { label: 'plan_hash', value: <ShortId id={plan_hash} what="plan hash" head={16} tail={8} /> },
          {
            label: 'approvals',
            value: `${approvals.counted} of ${approvals.needed} counted with this decision`,
          },
          { label: 'decided_at', value: <RelativeTime at={decided_at} absolute /> },
          { label: 'expires_at', value: <RelativeTime at={expires_at} absolute /> },
          {
            label: 'reason',
            value: record.remarks === null ? <WordsGone record={record} /> : record.remarks.reason,
          },
        ]}
      />
    </Section>
  );
}
