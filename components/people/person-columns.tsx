import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Roles } from '@/components/vocabulary/roles.tsx';
import type { Person } from '@/server/application/ports/people.ts';
import { stateOf } from './person-state.ts';

/** How somebody stands at the door, and until when their link opens. */
export function StateVerdict({ person }: { person: Person }) {
  const { tone, word, until } = stateOf(person);
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1.5 align-middle">
      <Verdict tone={tone} look="plain">
        {word}
      </Verdict>
      {until === null ? null : (
        <span className="text-muted">
          {word === 'invited' ? 'link ends' : 'new link ends'} <RelativeTime at={until} />
        </span>
      )}
    </span>
  );
}

export const personColumns: readonly Column<Person>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: (row) => (
      <TextLink quiet scroll={false} href={`/people?person=${encodeURIComponent(row.id)}`}>
        {row.name}
      </TextLink>
    ),
  },
  { id: 'email', header: 'E-mail', cell: (row) => <span className="wrap-anywhere">{row.email}</span> },
  { id: 'roles', header: 'Roles', cell: (row) => <Roles roles={row.roles} /> },
  { id: 'state', header: 'State', cell: (row) => <StateVerdict person={row} /> },
  {
    id: 'signed-in',
    header: 'Last signed in',
    cell: (row) =>
      row.signedInAt === null ? (
        <span className="text-muted">never</span>
      ) : (
        <RelativeTime at={row.signedInAt} />
      ),
  },
  {
    id: 'sessions',
    header: 'Sessions',
    align: 'end',
    wideOnly: true,
    cell: (row) => formatCount(row.sessions),
  },
];
