import { Markdown } from '@/components/vocabulary/runbook-markdown.tsx';
import type { ActionWords } from '@/server/application/runbooks/catalogue.ts';
import type { Step } from '@/server/domain/runbook/index.ts';
import { argumentText } from './runbook-words.ts';

const touchWords = {
  nothing: 'reads only',
  reprise: 'changes rows of Reprise alone',
  outside: 'changes something outside of Reprise',
} as const;

/** A step as it stands in the file. */
export function StepView({ step, words }: { step: Step; words: ActionWords | null }) {
  const { action, when } = step;
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-4 py-3" id={step.id}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="text-base font-medium">{step.title}</h3>
        <span className="text-xs text-muted">{action === null ? 'by hand' : 'done by Reprise'}</span>
      </div>
      {when === null ? null : (
        <p className="text-sm text-muted">
          Only when <code className="font-mono">{when.text}</code>
        </p>
      )}
      {step.body === '' ? null : <Markdown text={step.body} />}
      {action === null ? null : (
        <div className="rounded-md border border-line bg-subtle px-3 py-2 text-sm">
          <p>
            <span className="font-medium">{words?.title ?? action.name}</span>
            <span className="text-muted">
              {' '}
              <code className="font-mono">{action.name}</code> · within {action.timeoutSeconds} s
              {words === null
                ? ''
                : ` · ${touchWords[words.touches]}${words.approvals > 0 ? ' · needs an approval' : ''}`}
            </span>
          </p>
          <dl className="mt-1 grid grid-cols-[max-content_1fr] gap-x-3">
            {Object.entries(action.args).map(([name, argument]) => (
              <div key={name} className="contents">
                <dt className="font-mono text-muted">{name}</dt>
                <dd className="font-mono wrap-anywhere">{argumentText(argument)}</dd>
              </div>
            ))}
          </dl>
          {action.shows === null ? null : (
            <p className="mt-1 text-muted">
              It shows the symptom when <code className="font-mono">{action.shows.text}</code>
            </p>
          )}
        </div>
      )}
    </li>
  );
}
