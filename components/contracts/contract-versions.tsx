import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import type { ContractDetail } from '@/server/application/views.ts';

/** Each registered bundle, newest first, with what changed against the one before. */
export function ContractVersions({ contract }: { contract: ContractDetail }) {
  return (
    <Section
      title="Versions"
      description="Replays run the stored bundle of a version, whatever the files say now."
    >
      <ol className="divide-y divide-line border-y border-line text-sm">
        {contract.versions.map((version) => (
          <li key={version.version} className="grid gap-x-6 gap-y-1 py-2 md:grid-cols-[5rem_16rem_1fr]">
            <span className="font-medium">v{version.version}</span>
            <span className="flex flex-col">
              <ShortId id={version.digest} what="bundle digest" />
              <span className="text-xs text-muted">
                <RelativeTime at={version.registeredAt} /> by {version.authors.join(', ')}
              </span>
            </span>
            {version.changes.length === 0 ? (
              <span className="text-muted">
                {version.version === 1
                  ? 'The first version.'
                  : 'Only code that the seven answers don’t show.'}
              </span>
            ) : (
              <ul className="flex flex-col gap-0.5">
                {version.changes.map((change) => (
                  <li key={change.field} className="wrap-anywhere">
                    <span className="font-mono">{change.field}</span>: {change.before ?? 'nothing'} →{' '}
                    {change.after ?? 'nothing'}
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </Section>
  );
}
