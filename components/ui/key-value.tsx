import type { ReactNode } from 'react';

export type KeyValue = { label: string; value: ReactNode; hint?: ReactNode };

/** Named facts, one a line; on a narrow page the name stands above its fact. */
export function KeyValueList({ items }: { items: readonly KeyValue[] }) {
  return (
    <dl className="divide-y divide-line border-y border-line text-sm">
      {items.map((item) => (
        <div key={item.label} className="grid gap-x-6 py-1.5 sm:grid-cols-[clamp(8rem,40%,16rem)_1fr]">
          <dt className="min-w-0 text-muted wrap-anywhere">{item.label}</dt>
          <dd className="min-w-0 wrap-anywhere">
            {item.value}
            {item.hint ? <span className="block text-xs text-muted">{item.hint}</span> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}
