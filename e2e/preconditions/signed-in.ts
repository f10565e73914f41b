import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(
  dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
  '.reprise',
  'test',
  'signed-in',
);

/** The people of the demo, one for each role. */
export type DemoRole = 'viewer' | 'operator' | 'approver' | 'auditor' | 'admin';
const demoRoles: readonly DemoRole[] = ['viewer', 'operator', 'approver', 'auditor', 'admin'];

/** The browser of somebody of the demo who has signed in: for `test.use({ storageState: signedInAs('auditor') })`. */
export function signedInAs(role: DemoRole): string {
  return join(folder, `${role}.json`);
}

/** Signs everybody in once, as their browser would, and keeps their cookies for the journeys. */
export async function signEverybodyIn(url: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const demo = await fetch(new URL('/api/trpc/account.demo', url)).then((answer) => answer.json());
  const { password } = demo.result.data.json;
  for (const role of demoRoles) {
    const answer = await fetch(new URL('/api/auth/sign-in/email', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(url).origin },
      body: JSON.stringify({ email: `${role}@demo.example`, password }),
    });
    const [cookie = ''] = answer.headers.getSetCookie();
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (!answer.ok || value === '') throw new Error(`the demo's ${role} could not sign in: ${answer.status}`);
    const { hostname } = new URL(url);
    const cookies = [
      {
        name,
        value,
        domain: hostname,
        path: '/',
        httpOnly: true,
        secure: false,
        sameSite: 'Lax',
        expires: -1,
      },
    ];
    await writeFile(signedInAs(role), JSON.stringify({ cookies, origins: [] }));
  }
}
