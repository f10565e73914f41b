import type { Shown } from '@/server/application/ports/runbook-actions.ts';

/** What an action shows: texts and small tables. */
export function ShownParts({ parts }: { parts: readonly Shown[] }) {
  return parts.map((part) =>
    part.kind === 'text' ? (
      <p key={part.text} className="max-w-prose whitespace-pre-wrap text-sm wrap-anywhere">
        {part.text}
      </p>
    ) : (
      <div key={part.title} className="overflow-x-auto rounded-lg border border-line bg-surface">
        <table className="w-full text-sm">
          <caption className="px-3 py-2 text-left font-medium">{part.title}</caption>
          <thead>
            <tr>
              {part.columns.map((column) => (
                <th key={column} scope="col" className="border-b border-line px-3 py-1 text-left text-muted">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {part.rows.map((row) => (
              <tr key={row.join('\u0000')}>
                {row.map((cell, column) => (
                  <td key={part.columns[column] ?? cell} className="px-3 py-1 font-mono text-xs tabular-nums">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    ),
  );
}
