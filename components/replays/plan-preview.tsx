import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { Offset } from '@/components/ui/number.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { waiverWords } from '@/components/vocabulary/scope-words.ts';
import type { PlanPreview } from '@/server/application/views.ts';
import { estimateUnder } from './rate-form.ts';

type Range = NonNullable<PlanPreview['plan']>['ranges'][number];

/** The resolved plan before it is launched: offsets per partition, the event count, what it will be compared with. */
export function PlanPreviewPanel({
  preview,
  pending,
  rateLimit,
}: {
  preview: PlanPreview | null;
  pending: boolean;
  /** Events a second that it is to be launched with; null: as many as it can. */
  rateLimit: number | null;
}) {
  if (preview === null) {
    return pending ? <SkeletonRows /> : <EmptyState title="The scope is not complete yet." />;
  }
  if (preview.outcome === 'refused' || preview.plan === null) {
    return (
      <Notice tone="failed" title="This scope can’t be replayed.">
        {preview.problem?.sentence}
        {preview.problem?.where ? (
          <span className="block font-mono text-xs">{preview.problem.where}</span>
        ) : null}
      </Notice>
    );
  }
  const { plan } = preview;
  const estimate = estimateUnder(rateLimit, preview);
  return (
    <div className={pending ? 'flex flex-col gap-3 opacity-60' : 'flex flex-col gap-3'} aria-busy={pending}>
      <KeyValueList
        items={[
          {
            label: 'Events to read',
            value:
              preview.eventEstimate === null
                ? 'not known'
                : `about ${counted(preview.eventEstimate, 'event')}`,
            hint: preview.coverage?.sentence,
          },
          {
            label: 'Estimated time',
            value: estimate.seconds === null ? 'not known' : formatDuration(estimate.seconds * 1000),
            hint: estimate.basis ?? 'No earlier replay of this contract to estimate from.',
          },
          { label: 'Compares with', value: preview.derivedStates.join(', ') || 'no derived state' },
          {
            label: 'Approvals needed',
            value:
              plan.approvalsNeeded === 0
                ? 'none, within the contract’s free limits'
                : formatCount(plan.approvalsNeeded),
          },
          ...(plan.waivers === undefined
            ? []
            : [{ label: 'Waives, if quarantined', value: waiverWords(plan.waivers) }]),
          { label: 'Contract', value: `${plan.contract.id} v${plan.contract.version}` },
          {
            label: 'Plan hash',
            value: preview.planHash ? (
              <ShortId id={preview.planHash} what="plan hash" head={16} tail={8} />
            ) : (
              'none'
            ),
          },
        ]}
      />
      {preview.warnings.map((warning) => (
        <Notice key={warning} tone="different" title={warning} />
      ))}
      {preview.changesSinceLast.length > 0 ? (
        <details className="text-sm">
          <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
            Changed since the last plan ({formatCount(preview.changesSinceLast.length)})
          </summary>
          <ul className="mt-1 list-disc pl-5">
            {preview.changesSinceLast.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        </details>
      ) : null}
      <Table
        caption="Offsets to read"
        columns={columns}
        rows={plan.ranges}
        rowKey={(row) => String(row.partition)}
      />
    </div>
  );
}

const columns: readonly Column<Range>[] = [
  { id: 'partition', header: 'Partition', mono: true, cell: (row) => row.partition },
  { id: 'from', header: 'From', align: 'end', cell: (row) => <Offset value={row.from} /> },
  { id: 'to', header: 'To (not read)', align: 'end', cell: (row) => <Offset value={row.to} /> },
  {
    id: 'offsets',
    header: 'Offsets',
    align: 'end',
    cell: (row) => formatCount(BigInt(row.to) - BigInt(row.from)),
  },
  {
    id: 'start',
    header: 'Log start',
    align: 'end',
    wideOnly: true,
    cell: (row) => <Offset value={row.logStart} />,
  },
  {
    id: 'stable',
    header: 'Last stable',
    align: 'end',
    wideOnly: true,
    cell: (row) => <Offset value={row.lastStable} />,
  },
];
