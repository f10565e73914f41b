import type { CDPSession, Page } from '@playwright/test';
import { invite } from '../actions/invite.ts';
import { expect, test } from '../preconditions/quiet-console.ts';
import { accessibilityFaults } from '../questions/accessibility.ts';
import { answers } from '../questions/answers.ts';

test.use({ storageState: { cookies: [], origins: [] }, expectedNoise: /401/ });

const who = { name: 'Pia', email: `pia-${Date.now()}@example.test`, password: 'a key in place of words' };

/** Browsers bind no passkey to an IP address, so here the same Reprise is opened by its name. */
function byName(path: string): string {
  const url = new URL(path, process.env.REPRISE_URL);
  url.hostname = 'localhost';
  return url.href;
}

type Device = { readonly cdp: CDPSession; readonly authenticatorId: string };

/** A device in the browser itself (WebAuthn, 11), which looks at whoever holds it and finds that it is them. */
async function device(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

/** Somebody has a copy of the key from long ago: it counts from where it was then. */
async function replaceByOldCopy({ cdp, authenticatorId }: Device): Promise<void> {
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
  for (const credential of credentials) {
    const { credentialId } = credential;
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: { ...credential, signCount: 0 },
    });
  }
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  // The live feed may tell the page first, which then remembers where it was.
  await expect(page).toHaveURL(/\/sign-in(\?next=.*)?$/);
}
const withPasskey = (page: Page) => page.getByRole('button', { name: 'Sign in with a passkey' }).click();
const account = (page: Page) => page.getByText(`You are signed in as ${who.name}, viewer.`);

test('somebody makes a passkey, signs in with one click, and a copy of it is refused', async ({
  page,
  browser,
}) => {
  const administrator = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const link = await invite(await administrator.newPage(), { ...who, role: 'viewer' });
  await administrator.close();
  const laptop = await device(page);
  const { hash } = new URL(link);
  await page.goto(byName(`/welcome${hash}`));
  await page.getByRole('textbox', { name: 'Password' }).fill(who.password);
  await page.getByRole('button', { name: 'Set it and sign in' }).click();
  await expect(page.getByRole('link', { name: new RegExp(who.name) })).toBeVisible();

  await page.goto(byName('/account'));
  await answers(page);
  const passkeys = page.getByRole('region', { name: 'Passkeys' });
  await passkeys.getByRole('button', { name: 'New passkey' }).click();
  await passkeys.getByLabel('Name').fill('Laptop');

  // A device that can't see who holds it makes none.
  await laptop.cdp.send('WebAuthn.setUserVerified', {
    authenticatorId: laptop.authenticatorId,
    isUserVerified: false,
  });
  await passkeys.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(passkeys.getByText(/No passkey was made/)).toBeVisible();
  await laptop.cdp.send('WebAuthn.setUserVerified', {
    authenticatorId: laptop.authenticatorId,
    isUserVerified: true,
  });
  await passkeys.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(passkeys.getByRole('cell', { name: 'Laptop', exact: true })).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);

  await passkeys.getByRole('button', { name: 'Rename the passkey Laptop' }).click();
  await passkeys.getByLabel('New name').fill('Old laptop');
  await passkeys.getByRole('button', { name: 'Rename', exact: true }).first().click();
  await expect(passkeys.getByRole('cell', { name: 'Old laptop', exact: true })).toBeVisible();

  await signOut(page);
  await page.goto(byName('/sign-in?next=/account'));
  await withPasskey(page);
  await expect(account(page)).toBeVisible();
  await answers(page);

  await signOut(page);
  await replaceByOldCopy(laptop);
  await page.goto(byName('/sign-in?next=/account'));
  await withPasskey(page);
  await expect(page.getByText(/may have been copied: its counter went back/)).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByLabel('E-mail address').fill(who.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(account(page)).toBeVisible();
  await answers(page);
  await passkeys.getByRole('button', { name: 'Remove the passkey Old laptop' }).click();
  await expect(passkeys.getByText('You have no passkey.')).toBeVisible();

  await signOut(page);
  await page.goto(byName('/sign-in?next=/account'));
  await withPasskey(page);
  await expect(page.getByText(/This passkey is not known here, or was removed/)).toBeVisible();
});
