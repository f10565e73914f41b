import type { ReactNode } from 'react';
import { ButtonLink } from '../ui/button.tsx';
import { PageHeader } from '../ui/page-header.tsx';

export type FailurePageProps = { title: string; verdict: string; next: ReactNode; actions?: ReactNode };

/** A page that cannot be shown: what happened, and the ways on. */
export function FailurePage({ title, verdict, next, actions }: FailurePageProps) {
  return (
    <PageHeader
      title={title}
      tabTitle={title}
      tone="unknown"
      verdict={verdict}
      next={next}
      actions={
        <>
          {actions}
          <ButtonLink href="/">Go to the overview</ButtonLink>
        </>
      }
    />
  );
}
