import { TextLink } from '@/components/ui/link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { ReviewFacts } from '@/server/domain/review/index.ts';
import type { FactSection } from '@/server/domain/review/sections.ts';

const absentWords = { 'not-measured': 'not measured', 'nothing-on-record': 'nothing on record' } as const;

/** Facts of one section, each with where it can be looked up, or with why there is none. */
export function FactBlock({ name, facts }: { name: FactSection; facts: ReviewFacts }) {
  switch (name) {
    case 'impact':
    case 'detection':
    case 'history':
      return (
        <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
          {facts[name].map(({ label, value, absent, href }) => (
            <div key={label} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="wrap-anywhere">
                {value === null ? (
                  <em className="text-muted">{absentWords[absent ?? 'nothing-on-record']}</em>
                ) : href === null ? (
                  value
                ) : (
                  <TextLink href={href}>{value}</TextLink>
                )}
              </dd>
            </div>
          ))}
        </dl>
      );
    case 'timeline':
      return (
        <Lines
          rows={facts.timeline.map(({ entryId, at, kind, actor, text }) => ({
            key: entryId,
            line: (
              <>
                {at} {kind}, <Person id={actor} />
                {text === '' ? null : <>: {text}</>}
              </>
            ),
          }))}
          none="Nothing on record: no line of the timeline is starred."
        />
      );
    case 'evidence':
      return (
        <Lines
          rows={facts.evidence.map(({ evidenceId, kind, status, digest, recordedAt }) => ({
            key: evidenceId,
            line: (
              <>
                <TextLink href={`/evidence/${evidenceId}`}>
                  {kind} of {recordedAt}
                </TextLink>
                , {status}, SHA-256 <code className="font-mono">{digest}</code>
              </>
            ),
          }))}
          none="Nothing on record."
        />
      );
    case 'runs':
      return (
        <Lines
          rows={facts.runs.map((run) => ({
            key: run.runId,
            line: (
              <>
                <TextLink href={`/runbooks/runs/${run.runId}`}>{run.title}</TextLink>: {run.status},{' '}
                {run.attempts.map(({ title, status }) => `${title} ${status}`).join('; ')}
              </>
            ),
          }))}
          none="Nothing on record."
        />
      );
  }
}

function Lines({ rows, none }: { rows: readonly { key: string; line: React.ReactNode }[]; none: string }) {
  if (rows.length === 0) return <p className="text-sm text-muted">{none}</p>;
  return (
    <ul className="flex flex-col gap-1 text-sm">
      {rows.map(({ key, line }) => (
        <li key={key} className="wrap-anywhere">
          {line}
        </li>
      ))}
    </ul>
  );
}
