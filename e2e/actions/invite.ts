import { expect, type Page } from '@playwright/test';
import { answers } from '../questions/answers.ts';
import { open } from './open.ts';

/** The demo's administrator signs in and invites somebody with one role. Answers the link to hand on. */
export async function invite(
  page: Page,
  { name, email, role }: { name: string; email: string; role: string },
): Promise<string> {
  await open(page, '/sign-in?next=/people');
  await page.getByRole('button', { name: 'Mina, admin' }).click();
  await expect(page.getByRole('heading', { name: 'People', level: 1 })).toBeVisible();
  await answers(page);
  await page.getByRole('button', { name: 'Invite somebody' }).first().click();
  const form = page.getByRole('form', { name: 'Invite somebody' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('E-mail address').fill(email);
  for (const each of await form.getByRole('checkbox', { checked: true }).all()) await each.uncheck();
  await form.getByRole('checkbox', { name: new RegExp(`^${role}`) }).check();
  await form.getByRole('button', { name: 'Make the invitation' }).click();
  const link = page.getByRole('region', { name: `The link for ${name}` });
  return ((await link.locator('pre').textContent()) ?? '').trim();
}
