import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { z } from 'zod';
import type { PasskeyCeremonies } from '../../application/ports/passkeys.ts';

/** Ed25519, ES256, RS256 (COSE): what devices have, with answers that are short. */
const ALGORITHMS = [-8, -7, -257];
const TIMEOUT_MS = 5 * 60_000;

const base64Url = z.string().regex(/^[\w-]+$/);
const credential = {
  id: base64Url.max(1_400),
  rawId: base64Url.max(1_400),
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}).catch({}),
};
const madeAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64Url,
    attestationObject: base64Url,
    transports: z.array(z.string().max(40)).max(10).catch([]),
  }),
});
const shownAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64Url,
    authenticatorData: base64Url,
    signature: base64Url,
    userHandle: base64Url.optional(),
  }),
});

/** WebAuthn by SimpleWebAuthn, for passkeys that the device finds by itself and hands out to nobody it has not verified. */
export const passkeyCeremonies: PasskeyCeremonies = {
  async askToMake(site, person, known) {
    const { challenge, rp, user, pubKeyCredParams, excludeCredentials } = await generateRegistrationOptions({
      rpName: 'Reprise',
      rpID: site.id,
      userName: person.email,
      userDisplayName: person.name,
      userID: new TextEncoder().encode(person.id),
      excludeCredentials: known.map((id) => ({ id })),
      supportedAlgorithmIDs: ALGORITHMS,
    });
    return {
      challenge,
      rp,
      user,
      pubKeyCredParams: pubKeyCredParams.map(({ alg }) => ({ alg, type: 'public-key' })),
      excludeCredentials: excludeCredentials?.map(({ id }) => ({ id, type: 'public-key' })) ?? [],
      timeout: TIMEOUT_MS,
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    };
  },

  async readMade(site, challenge, answer) {
    const given = madeAnswer.safeParse(answer);
    if (!given.success) return null;
    const verified = await orNull(
      verifyRegistrationResponse({
        response: given.data,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.id,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }),
    );
    if (verified?.verified !== true) return null;
    const { credential: made, credentialBackedUp } = verified.registrationInfo;
    return {
      id: made.id,
      publicKey: made.publicKey,
      counter: made.counter,
      transports: given.data.response.transports,
      backedUp: credentialBackedUp,
    };
  },

  async askToShow(site) {
    const { challenge } = await generateAuthenticationOptions({ rpID: site.id });
    return { challenge, rpId: site.id, timeout: TIMEOUT_MS, userVerification: 'required' };
  },

  idIn(answer) {
    const given = shownAnswer.safeParse(answer);
    return given.success ? given.data.id : null;
  },

  async readShown(site, challenge, answer, passkey) {
    const given = shownAnswer.safeParse(answer);
    if (!given.success || given.data.id !== passkey.id) return null;
    const { userHandle, ...rest } = given.data.response;
    if (userHandle !== undefined && userHandle !== Buffer.from(passkey.personId).toString('base64url'))
      return null;
    const verified = await orNull(
      verifyAuthenticationResponse({
        response: { ...given.data, response: rest },
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.id,
        requireUserVerification: true,
        // The library looks at the counter before the signature, where anybody could make it go back: it is looked at
        // where it is kept, once the rest holds.
        credential: { id: passkey.id, publicKey: passkey.publicKey, counter: 0 },
      }),
    );
    if (verified?.verified !== true) return null;
    const { newCounter, credentialBackedUp } = verified.authenticationInfo;
    return { counter: newCounter, backedUp: credentialBackedUp };
  },
};

/** The library throws for what does not hold, as it does for what is no answer at all. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch {
    return null;
  }
}
