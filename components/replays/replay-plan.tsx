import { CodeBlock } from '@/components/ui/code-block.tsx';
import { formatCount } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { scopeWords, waiverWords } from '@/components/vocabulary/scope-words.ts';
import type { ReplayDetail } from '@/server/application/views.ts';

/** What was planned, exactly: the frozen plan and its hash, and who asked for it. */
export function ReplayPlan({ replay }: { replay: ReplayDetail }) {
  return (
    <Section
      title="Plan"
      description="Frozen when the replay was requested; what runs is what this hash names."
    >
      {replay.plan === null || replay.planText === null ? (
        <EmptyState title="There is no plan.">
          {replay.failure?.sentence ?? 'Planning was refused.'}
        </EmptyState>
      ) : (
        <>
          <KeyValueList
            items={[
              {
                label: 'Plan hash',
                value: replay.planHash ? (
                  <ShortId id={replay.planHash} what="plan hash" head={16} tail={8} />
                ) : (
                  'none'
                ),
                hint: replay.planErased
                  ? 'SHA-256 of the plan as it ran. Keys of its scope were erased since, so the plan below has another.'
                  : 'SHA-256 of the plan as canonical JSON (RFC 8785)',
              },
              {
                label: 'Contract',
                value: (
                  <>
                    <ContractLink id={replay.contractId} version={replay.contractVersion} /> · bundle{' '}
                    <ShortId id={replay.plan.contract.bundleDigest} what="bundle digest" />
                  </>
                ),
              },
              {
                label: 'Scope',
                value: scopeWords(replay.scope),
                hint: replay.planErased ? 'Keys of it were erased.' : undefined,
              },
              {
                label: 'History',
                value: `${replay.plan.history.kind} ${replay.plan.history.name}`,
                hint: `identity ${replay.plan.history.identity}, ${formatCount(replay.plan.history.partitionCount)} partitions`,
              },
              { label: 'Compares', value: replay.plan.compare.join(', ') || 'nothing' },
              { label: 'Event estimate', value: formatCount(BigInt(replay.plan.eventEstimate)) },
              ...(replay.plan.waivers === undefined
                ? []
                : [{ label: 'Waives, if quarantined', value: waiverWords(replay.plan.waivers) }]),
              {
                label: 'Rate limit',
                value: replay.rateLimit === null ? 'none' : `${formatCount(replay.rateLimit)} events/s`,
              },
              {
                label: 'Requested by',
                value: (
                  <>
                    <Person id={replay.requestedBy} />, <RelativeTime at={replay.requestedAt} />
                  </>
                ),
                hint: replay.reason || undefined,
              },
              {
                label: 'Shadow digest',
                value: replay.shadowDigest ? (
                  <ShortId id={replay.shadowDigest} what="shadow digest" head={16} tail={8} />
                ) : (
                  'not computed yet'
                ),
              },
              {
                label: 'History digest',
                value: replay.historyDigest ? (
                  <ShortId id={replay.historyDigest} what="history digest" head={16} tail={8} />
                ) : (
                  'not computed yet'
                ),
              },
            ]}
          />
          <details className="text-sm">
            <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
              {replay.planErased ? 'The plan, without what was erased of it' : 'The plan as it was hashed'}
            </summary>
            <div className="mt-2">
              <CodeBlock label="Plan, canonical JSON" text={replay.planText} maxHeight="md" />
            </div>
          </details>
          <CodeBlock
            label="The same from the command line"
            text={`npm run -s reprise -- replays show ${replay.id} --json`}
          />
        </>
      )}
      {replay.log.length > 0 ? (
        <details className="text-sm">
          <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
            Who did what ({formatCount(replay.log.length)})
          </summary>
          <ol className="mt-2 flex flex-col gap-1">
            {replay.log.map((entry) => (
              <li key={`${entry.at}-${entry.action}`} className="flex flex-wrap gap-x-3">
                <RelativeTime at={entry.at} absolute />
                <span className="font-medium">
                  <Person id={entry.actor} />
                </span>
                <span>{entry.action}</span>
                <span className="text-muted">{entry.detail}</span>
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </Section>
  );
}
