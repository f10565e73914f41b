import type { Role } from '../../domain/access/index.ts';
import type { PeopleDesk } from './people-desk.ts';

/** One for each role. The demo says that it is the demo, and their password is known to everybody. */
export const demoPeople: readonly {
  readonly role: Role;
  readonly name: string;
  readonly email: string;
}[] = [
  { role: 'operator', name: 'Omar', email: 'operator@demo.example' },
  { role: 'approver', name: 'Ada', email: 'approver@demo.example' },
  { role: 'auditor', name: 'Iris', email: 'auditor@demo.example' },
  { role: 'viewer', name: 'Vito', email: 'viewer@demo.example' },
  { role: 'admin', name: 'Mina', email: 'admin@demo.example' },
];
export const demoPassword = 'known to everybody';

/** The demo's own command line: it reads records too, so that `replays run` can print one. */
const commandLine = { name: 'Command line', email: 'command-line@demo.example' } as const;
const commandLineRoles: readonly Role[] = ['operator', 'auditor'];
const TOKEN_DAYS = 365;

/** Makes whom of them is missing, and answers the token that the command line acts with: `token` where it still does. */
export async function ensureDemoPeople(
  people: PeopleDesk,
  token: string | null,
): Promise<{ readonly token: string; readonly made: number }> {
  const actor = 'npm start';
  const known = new Map((await people.list()).map((person) => [person.email, person.id]));
  let made = 0;
  for (const { role, ...who } of demoPeople) {
    const earlier = known.get(who.email);
    if (earlier !== undefined) {
      await people.setDisabled({ personId: earlier, disabled: false, actor });
      continue;
    }
    const { token: invitation } = await people.invite({ ...who, roles: [role], actor });
    await people.acceptInvitation({ token: invitation, password: demoPassword });
    made += 1;
  }
  if (token !== null && (await people.bearerOfToken(token)) !== null) return { token, made };
  const id = known.get(commandLine.email) ?? (await inviteCommandLine(people, actor));
  await people.setDisabled({ personId: id, disabled: false, actor });
  const fresh = await people.makeToken({
    personId: id,
    name: 'npm start',
    scopes: ['read', 'replay', 'evidence'],
    days: TOKEN_DAYS,
  });
  return { token: fresh.token, made };
}

/** Where it is not the demo any more, nobody is let in whose password everybody knows. Answers how many were. */
export async function shutOutDemoPeople(people: PeopleDesk): Promise<number> {
  const known = new Set([...demoPeople.map(({ email }) => email), commandLine.email]);
  const open = (await people.list()).filter((person) => known.has(person.email) && !person.disabled);
  for (const { id } of open) await people.shutOut(id, 'npm start');
  return open.length;
}

async function inviteCommandLine(people: PeopleDesk, actor: string): Promise<string> {
  const { personId } = await people.invite({ ...commandLine, roles: commandLineRoles, actor });
  if (personId === null) throw new Error('an invitation without its person');
  return personId;
}
