import { type ReactNode, useId } from 'react';

export type SectionProps = {
  title: string;
  /** One line under the title: what these rows are, and how they were got. */
  description?: ReactNode;
  /** At the right of the title: a filter, a link, how old the figures are. */
  aside?: ReactNode;
  children: ReactNode;
};

/** A titled part of a page, reachable as a region by a screen reader. */
export function Section({ title, description, aside, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-1">
        <div>
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {description ? <p className="max-w-prose text-sm text-muted">{description}</p> : null}
        </div>
        {aside ? <div className="flex flex-wrap items-center gap-2">{aside}</div> : null}
      </div>
      {children}
    </section>
  );
}
