import ReactMarkdown, { type Components } from 'react-markdown';
import { cx } from '@/components/ui/class-names.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { canBeLaidOut } from '@/server/domain/review/laid-out.ts';
import { runbookHref } from './runbook-href.ts';

/**
 * Words of a runbook's file, or of a person. HTML in them is shown as text and never as HTML, pictures are their words,
 * and headings stand below those of the page. A link to another file of runbooks leads to its page.
 */
const components: Components = {
  h1: ({ children }) => <p className="font-semibold">{children}</p>,
  h2: ({ children }) => <p className="font-semibold">{children}</p>,
  h3: ({ children }) => <p className="font-semibold">{children}</p>,
  h4: ({ children }) => <p className="font-semibold">{children}</p>,
  h5: ({ children }) => <p className="font-semibold">{children}</p>,
  h6: ({ children }) => <p className="font-semibold">{children}</p>,
  p: ({ children }) => <p className="max-w-prose">{children}</p>,
  ul: ({ children }) => <ul className="flex max-w-prose list-disc flex-col gap-1 pl-5">{children}</ul>,
  ol: ({ children }) => <ol className="flex max-w-prose list-decimal flex-col gap-1 pl-5">{children}</ol>,
  a: ({ href = '', children }) => {
    // A page of this dashboard, or a file of runbooks.
    const target = /^\/(?![/\\])/.test(href) ? href : runbookHref(href);
    return target === null ? <span>{children}</span> : <TextLink href={target}>{children}</TextLink>;
  },
  img: ({ alt }) => alt ?? null,
  code: ({ children }) => (
    <code className="rounded-sm bg-subtle px-1 font-mono text-sm wrap-anywhere">{children}</code>
  ),
  blockquote: ({ children }) => <blockquote className="border-l-2 border-line pl-3">{children}</blockquote>,
  pre: ({ children }) => (
    <pre className="overflow-x-auto rounded-md border border-line bg-subtle px-3 py-2 text-sm [&>code]:bg-transparent [&>code]:px-0 [&>code]:wrap-normal">
      {children}
    </pre>
  ),
};

export function Markdown({ text, small = false }: { text: string; small?: boolean }) {
  return (
    <div className={cx('flex flex-col gap-2 wrap-anywhere', small ? 'text-sm' : 'text-base')}>
      {canBeLaidOut(text) ? (
        <ReactMarkdown components={components}>{text}</ReactMarkdown>
      ) : (
        <p className="max-w-prose whitespace-pre-wrap">{text}</p>
      )}
    </div>
  );
}
