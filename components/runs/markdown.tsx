import ReactMarkdown from 'react-markdown';
import { TextLink } from '@/components/ui/link.tsx';

/** Words of a runbook's file. HTML in them is shown as text: react-markdown makes none of it. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="flex max-w-prose flex-col gap-2 text-sm wrap-anywhere">
      <ReactMarkdown
        skipHtml
        components={{
          a: ({ href, children }) =>
            href === undefined ? children : <TextLink href={href}>{children}</TextLink>,
          img: ({ alt }) => alt ?? null,
          h1: ({ children }) => <p className="font-semibold">{children}</p>,
          h2: ({ children }) => <p className="font-semibold">{children}</p>,
          h3: ({ children }) => <p className="font-semibold">{children}</p>,
          ul: ({ children }) => <ul className="list-disc pl-5">{children}</ul>,
          ol: ({ children }) => <ol className="list-decimal pl-5">{children}</ol>,
          code: ({ children }) => (
            <code className="rounded-sm bg-subtle px-1 font-mono text-xs">{children}</code>
          ),
          pre: ({ children }) => (
            <pre className="overflow-x-auto rounded-md border border-line bg-subtle p-2 whitespace-pre-wrap">
              {children}
            </pre>
          ),
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
