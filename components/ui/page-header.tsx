import Link from 'next/link';
import type { ReactNode } from 'react';
import { PageTitle } from './page-title.tsx';
import type { Tone } from './tone.ts';
import { ToneIcon } from './verdict.tsx';

export type PageHeaderProps = {
  /** What the page is about: `Replays`, `inventory`, a key. It is the page's h1. */
  title: ReactNode;
  /** The way here, outermost first. */
  trail?: ReadonlyArray<{ label: string; href: string }>;
  tone: Tone;
  /** The answer, as one sentence that ends with a full stop. */
  verdict: ReactNode;
  /** What to do about it; left out only when there is nothing to do. */
  next?: ReactNode;
  actions?: ReactNode;
  /** How old the figures are. */
  asOf?: ReactNode;
  /** The verdict in the tab's title, short: `2 differ · inventory`. */
  tabTitle: string;
};

/** The head of every page: the answer first, then what to do about it. */
export function PageHeader({ title, trail, tone, verdict, next, actions, asOf, tabTitle }: PageHeaderProps) {
  return (
    <header className="flex flex-col gap-2 border-b border-line pb-4">
      <PageTitle text={tabTitle} />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 text-sm text-muted">
          {trail?.length ? <Trail trail={trail} /> : null}
          <h1 className="font-medium text-ink wrap-anywhere">{title}</h1>
        </div>
        {asOf}
      </div>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-[min(32rem,100%)] gap-3">
          <ToneIcon tone={tone} className="mt-1 size-5" />
          <div className="flex min-w-0 flex-col gap-1">
            <p className="max-w-[72ch] text-xl font-medium text-balance">{verdict}</p>
            {next ? <div className="max-w-[80ch] text-base text-muted">{next}</div> : null}
          </div>
        </div>
        {actions ? (
          <div data-no-print="" className="flex flex-wrap items-center gap-2">
            {actions}
          </div>
        ) : null}
      </div>
    </header>
  );
}

function Trail({ trail }: { trail: ReadonlyArray<{ label: string; href: string }> }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="flex flex-wrap items-center gap-x-2">
        {trail.map((step) => (
          <li key={step.href} className="flex items-center gap-2">
            <Link href={step.href} className="rounded-sm hover:text-ink hover:underline">
              {step.label}
            </Link>
            <span aria-hidden="true">/</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}
