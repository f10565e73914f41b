import { z } from 'zod';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { EvidenceDetail } from '@/server/application/views.ts';

/** Stored bytes are not trusted to have a shape: what this page walks through is looked at first. */
const statement = z.object({
  predicate: z.object({
    run_id: z.string(),
    runbook: z.object({ id: z.string(), digest: z.string() }),
    step: z.string(),
    action: z.string(),
    touches: z.string(),
    status: z.string(),
    failure: z.object({ code: z.string() }).nullable(),
    plan_hash: z.string(),
    approvals_needed: z.number(),
    approvals: z.array(z.object({ by: z.string(), verdict: z.string() })),
    requested_by: z.string(),
    tries: z.number(),
    times: z.object({ requested_at: z.string(), started_at: z.string().nullable(), ended_at: z.string() }),
  }),
});

/** One time that a step of a runbook was asked for: which, by whom, who approved, and how it ended. */
export function StepDocument({ record }: { record: EvidenceDetail }) {
  const read = statement.safeParse(record.statement);
  if (!read.success)
    return (
      <Notice tone="failed" title="This record can’t be read as the evidence of a step.">
        Its bytes are below as they are stored.
      </Notice>
    );
  const { run_id, runbook, times, ...said } = read.data.predicate;
  return (
    <Section title="The step">
      <KeyValueList
        items={[
          { label: 'runbook', value: runbook.id, hint: 'pinned to the digest of its file' },
          { label: 'digest', value: <ShortId id={runbook.digest} what="digest" head={16} tail={8} /> },
          { label: 'run', value: <TextLink href={`/runbooks/runs/${run_id}`}>{run_id}</TextLink> },
          { label: 'step', value: said.step },
          { label: 'action', value: said.action, hint: `touches ${said.touches}` },
          { label: 'status', value: said.status, hint: said.failure?.code },
          { label: 'plan_hash', value: <ShortId id={said.plan_hash} what="plan hash" head={16} tail={8} /> },
          { label: 'requested by', value: <Person id={said.requested_by} /> },
          {
            label: 'approvals',
            value:
              said.approvals.length === 0 ? (
                `none of ${said.approvals_needed}`
              ) : (
                <span className="flex flex-wrap gap-x-2">
                  {said.approvals.map(({ by, verdict }) => (
                    <span key={by}>
                      <Person id={by} /> {verdict}
                    </span>
                  ))}
                </span>
              ),
          },
          { label: 'taken up', value: String(said.tries) },
          { label: 'requested_at', value: <RelativeTime at={times.requested_at} absolute /> },
          {
            label: 'started_at',
            value: times.started_at === null ? 'never' : <RelativeTime at={times.started_at} absolute />,
          },
          { label: 'ended_at', value: <RelativeTime at={times.ended_at} absolute /> },
        ]}
      />
    </Section>
  );
}
