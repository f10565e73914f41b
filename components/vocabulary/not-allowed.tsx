import { ButtonLink } from '@/components/ui/button.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';

export type NotAllowedProps = {
  title: string;
  trail?: ReadonlyArray<{ label: string; href: string }>;
  /** Why, as a sentence. */
  sentence: string;
};

/** A page for somebody without its right: says so before anything is asked of the server. */
export function NotAllowed({ title, trail, sentence }: NotAllowedProps) {
  return (
    <PageHeader
      title={title}
      trail={trail ?? []}
      tone="unknown"
      verdict={sentence}
      next={
        <>
          Nothing is wrong with the page. Whoever gives out roles here can give you the right;{' '}
          <TextLink href="/account/permissions">your permissions</TextLink> says which role has it.
        </>
      }
      tabTitle={`Not allowed · ${title}`}
      actions={<ButtonLink href="/">Go to the overview</ButtonLink>}
    />
  );
}
