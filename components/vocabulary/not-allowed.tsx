'use client';

import { ButtonLink } from '@/components/ui/button.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { useViewer } from './viewer.ts';

export type NotAllowedProps = {
  title: string;
  trail?: ReadonlyArray<{ label: string; href: string }>;
  /** Why, as a sentence. */
  sentence: string;
};

/** A page for somebody without its right: says so before anything is asked of the server. */
export function NotAllowed({ title, trail, sentence }: NotAllowedProps) {
  const hasRole = useViewer()?.rights.includes('account') ?? false;
  return (
    <PageHeader
      title={title}
      trail={trail ?? []}
      tone="unknown"
      verdict={sentence}
      next={
        <>
          Nothing is wrong with the page: ask whoever gives out roles here.
          {hasRole ? (
            <>
              {' '}
              <TextLink href="/account/permissions">Your permissions</TextLink> says which role has the right.
            </>
          ) : null}
        </>
      }
      tabTitle={`Not allowed · ${title}`}
      actions={<ButtonLink href="/">Go to the overview</ButtonLink>}
    />
  );
}
