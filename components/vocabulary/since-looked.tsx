import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import type { SinceLooked } from '@/server/application/views.ts';
import { Person } from './person.tsx';

type Change = SinceLooked['changes'][number];

/** How much is new, in a few words. */
export function newsWords({ lookedAt, changes }: SinceLooked): string {
  if (lookedAt === null) return 'not looked at yet';
  return changes.length === 0 ? 'nothing new' : `${counted(changes.length, 'thing')} new since you looked`;
}

/** What is new since somebody looked, one a line. */
export function ChangesSince({ changes }: { changes: readonly Change[] }) {
  return (
    <ul className="list-disc pl-5">
      {changes.map((change) => (
        <li key={JSON.stringify(change)}>
          <ChangeWords change={change} />
        </li>
      ))}
    </ul>
  );
}

function ChangeWords({ change }: { change: Change }) {
  switch (change.kind) {
    case 'version':
      return <>Version {change.version} of the contract was registered.</>;
    case 'decision':
      return (
        <>
          <Person id={change.personId} /> {change.verdict} it.
        </>
      );
    case 'void':
      return (
        <>
          The decision of <Person id={change.personId} /> does not count any more
          {change.why === null ? '.' : `: ${change.why}.`}
        </>
      );
    case 'evidence':
      return (
        <>
          There is newer evidence of this contract:{' '}
          <TextLink href={`/evidence/${change.evidenceId}`}>open the record</TextLink>.
        </>
      );
    case 'expiry':
      return (
        <>
          The approval of <Person id={change.personId} /> runs out <RelativeTime at={change.expiresAt} />.
        </>
      );
    case 'behind':
      return (
        <>
          The plan’s end is {counted(BigInt(change.now), 'offset')} behind the history, and was{' '}
          {counted(BigInt(change.before), 'offset')} behind.
        </>
      );
  }
}
