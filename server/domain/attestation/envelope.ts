import { z } from 'zod';
import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { concatBytes, decodeUtf8, utf8 } from '../shared/bytes.ts';
import { canonicalJson, isCanonical } from '../shared/canonical-json.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import { isSignedBy, type SignEd25519, type VerifyEd25519 } from '../shared/signatures.ts';

/** What an envelope of ours carries: an in-toto statement as JSON. */
export const statementPayloadType = 'application/vnd.in-toto+json';

/** An envelope is an entry of the log, and stays under 48 KiB. */
export const envelopeMaxBytes = 48 * 1024 - 1;
export const envelopeMaxSignatures = 8;

/** A signed payload (DSSE v1). `keyid` is a hint that nothing depends on, and it is not signed. */
export type Envelope = {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Uint8Array }[];
};

export type EnvelopeCode =
  | 'too-large'
  | 'not-utf8'
  | 'not-json'
  | 'fields-wrong'
  | 'base64-wrong'
  | 'not-canonical';

/** What is signed: type and payload with their lengths in bytes, so that neither can be read as part of the other. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

/** The bytes that are hashed, stored and served: canonical JSON (RFC 8785) in UTF-8. */
export function envelopeBytes({ payload, payloadType, signatures }: Envelope): Uint8Array {
  return utf8(
    canonicalJson({
      payload: encodeBase64(payload),
      payloadType,
      signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: encodeBase64(sig) })),
    }),
  );
}

/** Signs a statement's bytes; what comes back is stored as it is. */
export async function signStatement(
  statement: Uint8Array,
  { keyid, sign }: { readonly keyid: string; readonly sign: SignEd25519 },
): Promise<Uint8Array> {
  const sig = await sign(preAuthEncoding(statementPayloadType, statement));
  return envelopeBytes({
    payload: statement,
    payloadType: statementPayloadType,
    signatures: [{ keyid, sig }],
  });
}

const envelopeSchema = z.strictObject({
  payload: z.string(),
  payloadType: z.string().min(1).max(200),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200), sig: z.string().min(4).max(4_000) }))
    .min(1)
    .max(envelopeMaxSignatures),
});

/**
 * Reads an envelope from bytes that anybody may have written. Only the one canonical form is taken: JSON with a
 * field twice, or a number spelled differently, would be read otherwise by another reader.
 */
export function parseEnvelope(bytes: Uint8Array): Parsed<Envelope, EnvelopeCode> {
  if (bytes.length > envelopeMaxBytes)
    return refused(
      'too-large',
      `The envelope has ${bytes.length} bytes, and may have ${envelopeMaxBytes} at most.`,
    );
  const text = decodeUtf8(bytes);
  if (text === null) return refused('not-utf8', 'The envelope is not UTF-8.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused('not-json', 'The envelope is not JSON.');
  }
  const fields = envelopeSchema.safeParse(json);
  if (!fields.success)
    return refused('fields-wrong', `The envelope is not one of DSSE v1: ${z.prettifyError(fields.error)}`);
  const payload = decodeBase64(fields.data.payload);
  if (payload === null)
    return refused('base64-wrong', 'The payload is not base64 in its one right spelling.');
  const signatures: Envelope['signatures'][number][] = [];
  for (const { keyid, sig } of fields.data.signatures) {
    const decoded = decodeBase64(sig);
    if (decoded === null)
      return refused('base64-wrong', 'A signature is not base64 in its one right spelling.');
    signatures.push({ keyid, sig: decoded });
  }
  // Its fields are known by now, so that this is no more than it looks.
  if (!isCanonical(json, text))
    return refused('not-canonical', 'The envelope is not in the canonical form (RFC 8785).');
  return accepted({ payload, payloadType: fields.data.payloadType, signatures });
}

/**
 * The first of the keys by which the payload is signed, as 32 raw bytes; null where it is by none. Every signature is
 * tried with every key: a `keyid` is a hint only, and anybody could have changed it.
 */
export async function signerOf(
  { payload, payloadType, signatures }: Envelope,
  keys: readonly Uint8Array[],
  verifyEd25519: VerifyEd25519,
): Promise<Uint8Array | null> {
  const message = preAuthEncoding(payloadType, payload);
  for (const key of keys)
    for (const { sig } of signatures) if (await isSignedBy(verifyEd25519, key, message, sig)) return key;
  return null;
}
