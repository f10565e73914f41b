import ReactMarkdown, { type Components } from 'react-markdown';
import { TextLink } from '@/components/ui/link.tsx';
import { runbookHref } from './runbook-href.ts';

/**
 * Text of a runbook. HTML in it is shown as text and never as HTML, pictures are not shown, and headings stand below
 * those of the page. A link to another file of runbooks leads to its page.
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
    const target = runbookHref(href);
    return target === null ? <span>{children}</span> : <TextLink href={target}>{children}</TextLink>;
  },
  img: () => null,
  code: ({ children }) => (
    <code className="rounded-sm bg-subtle px-1 font-mono text-sm wrap-anywhere">{children}</code>
  ),
  pre: ({ children }) => (
    <pre className="overflow-x-auto rounded-md border border-line bg-subtle px-3 py-2 text-sm [&>code]:bg-transparent [&>code]:px-0 [&>code]:wrap-normal">
      {children}
    </pre>
  ),
};

export function Markdown({ text }: { text: string }) {
  return (
    <div className="flex flex-col gap-2 text-base wrap-anywhere">
      <ReactMarkdown components={components}>{text}</ReactMarkdown>
    </div>
  );
}
