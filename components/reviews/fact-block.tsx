import { TextLink } from '@/components/ui/link.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { WithTimes } from '@/components/ui/with-times.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { type FactLine, type FactPart, factLines } from '@/server/domain/review/fact-lines.ts';
import type { ReviewFacts } from '@/server/domain/review/index.ts';
import type { FactSection } from '@/server/domain/review/sections.ts';

/** Facts of one section, each with where it can be looked up, or with why there is none: all that is signed of them. */
export function FactBlock({ name, facts }: { name: FactSection; facts: ReviewFacts }) {
  const lines = factLines(name, facts);
  if (lines.length === 0)
    return (
      <p className="text-sm text-muted">
        {name === 'timeline' ? 'No line of the timeline is said to matter.' : 'Nothing on record.'}
      </p>
    );
  if (lines.every(({ label }) => label === null)) return <Lines lines={lines} />;
  return (
    <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
      {lines.map(({ place, label, parts }) => (
        <div key={place} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="wrap-anywhere">
            <Parts parts={parts} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Lines({ lines }: { lines: readonly FactLine[] }) {
  return (
    <ul className="flex flex-col gap-1 text-sm">
      {lines.map(({ place, parts, under }) => (
        <li key={place} className="wrap-anywhere">
          <Parts parts={parts} />
          {under.length === 0 ? null : (
            <div className="pt-1 pl-4">
              <Lines lines={under} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

/** They stand in one order, which is part of what they say. */
function Parts({ parts }: { parts: readonly FactPart[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: two pieces may say the same
  return parts.map((part, at) => <Part key={`${at}/${part.is}`} part={part} />);
}

function Part({ part }: { part: FactPart }) {
  switch (part.is) {
    case 'absent':
      return <em className="text-muted">{part.text}</em>;
    case 'person':
      return <Person id={part.id} />;
    case 'text':
      if (part.struck === true) return <s className="text-muted">{part.text}</s>;
      return <Words text={part.text} href={part.href} />;
  }
}

/** An id or a digest, whole: it is shortened here, and can be copied. */
const long = /([0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/;

/** Words with what would fill a line of its own in them made short: ids, digests, and instants. */
function Words({ text, href }: { text: string; href: string | undefined }) {
  const pieces = text.split(long).map((piece, place) => ({ piece, place }));
  return pieces.map(({ piece, place }) => {
    if (place % 2 === 1)
      return <ShortId key={place} id={piece} what={piece.includes('-') ? 'id' : 'SHA-256'} href={href} />;
    if (piece === '') return null;
    return <Plain key={place} text={piece} href={href} />;
  });
}

function Plain({ text, href }: { text: string; href: string | undefined }) {
  const words = <WithTimes text={text} />;
  return href === undefined ? words : <TextLink href={href}>{words}</TextLink>;
}
