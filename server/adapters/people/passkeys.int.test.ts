import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { peopleDeskOver } from '../../../demo/testing/people-desk.ts';
import type { PeopleDesk } from '../../application/people/people-desk.ts';
import { createMigratedDatabase, type ScratchDatabase } from '../postgres/scratch-database.ts';
import { createRequestRates } from './request-rates.ts';
import { openSignIn, type SignIn } from './sign-in.ts';

const ADDRESS = '198.51.100.7';
const site = { id: 'localhost', origin: 'http://localhost:3000' };

let database: ScratchDatabase;
let pool: pg.Pool;
/** As the owner of the tables: a test’s own hand. */
let owner: pg.Pool;
let desk: PeopleDesk;
let door: SignIn;

beforeAll(async () => {
  database = await createMigratedDatabase(inject('databaseUrl'));
  pool = new pg.Pool({ connectionString: database.url });
  owner = new pg.Pool({ connectionString: database.ownerUrl });
  const rates = createRequestRates(pool);
  const secret = 'x'.repeat(40);
  desk = peopleDeskOver(pool, { secret, address: ADDRESS });
  door = openSignIn({
    pool,
    rates,
    desk: () => desk.atTheDoor,
    issuer: null,
    secret,
    origin: null,
    report: () => undefined,
  });
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});
beforeEach(() => owner.query(`DELETE FROM request_rate WHERE key LIKE 'door:%'`));

type Way = {
  readonly origin?: string;
  readonly rpId?: string;
  /** User present 1, user verified 4. */
  readonly flags?: number;
  readonly challenge?: string;
  readonly type?: string;
};

/** A device as WebAuthn describes it (6), with one key; what a browser adds is added here too. */
class Device {
  readonly id = randomBytes(16);
  counter = 0;
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  make(challenge: string, way: Way = {}) {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    // COSE (RFC 9053, 7.1.1): EC2, ES256, P-256.
    const key = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
    const data = Buffer.concat([this.#data(way, 0x40), Buffer.alloc(16), length, this.id, key]);
    // CBOR: {fmt: "none", attStmt: {}, authData: bytes}.
    const attestation = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'),
      Buffer.from([0x58, data.length]),
      data,
    ]);
    return this.#answer({
      clientDataJSON: this.#client('webauthn.create', challenge, way),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  show(challenge: string, way: Way = {}, userHandle?: string) {
    this.counter += 1;
    const data = this.#data(way, 0);
    const client = this.#client('webauthn.get', challenge, way);
    const signed = Buffer.concat([
      data,
      createHash('sha256').update(Buffer.from(client, 'base64url')).digest(),
    ]);
    return this.#answer({
      clientDataJSON: client,
      authenticatorData: data.toString('base64url'),
      signature: sign('sha256', signed, this.#keys.privateKey).toString('base64url'),
      ...(userHandle === undefined ? {} : { userHandle: Buffer.from(userHandle).toString('base64url') }),
    });
  }

  #answer(response: object) {
    const id = this.id.toString('base64url');
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  #client(type: string, challenge: string, way: Way): string {
    const said = { type: way.type ?? type, challenge: way.challenge ?? challenge, crossOrigin: false };
    return Buffer.from(JSON.stringify({ ...said, origin: way.origin ?? site.origin })).toString('base64url');
  }

  #data({ rpId = site.id, flags = 0x05 }: Way, more: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags | more]), counter]);
  }
}

async function session(personId: string | null): Promise<string> {
  const id = randomUUID();
  await owner.query(
    `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
    [id, personId],
  );
  return id;
}

let count = 0;
async function somebody() {
  count += 1;
  const email = `somebody-${count}@example.test`;
  const password = `a long one, ${count}: correct horse`;
  const { token, personId } = await desk.invite({
    name: 'Somebody',
    email,
    roles: ['viewer'],
    actor: 'test',
  });
  await desk.acceptInvitation({ token, password });
  const sessionId = await session(personId);
  return { id: personId ?? '', email, password, sessionId };
}
type Somebody = Awaited<ReturnType<typeof somebody>>;

const begin = (who: Somebody) => desk.beginPasskey({ personId: who.id, sessionId: who.sessionId, site });
const add = (who: Somebody, step: string, answer: unknown, sessionId = who.sessionId) =>
  desk.addPasskey({ personId: who.id, sessionId, site, step, name: 'Laptop', answer });

async function somebodyWithPasskey() {
  const who = await somebody();
  const device = new Device();
  const { step, options } = await begin(who);
  await add(who, step, device.make(options.challenge));
  return { ...who, device };
}

function post(path: string, body: unknown, cookie = '', host = 'localhost:3000'): Promise<Response> {
  const headers = { 'content-type': 'application/json', host, cookie };
  return door.handle(
    new Request(`http://${host}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
    ADDRESS,
  );
}
const cookieOf = (response: Response, name: string) =>
  response.headers
    .getSetCookie()
    .map((each) => each.split(';')[0] ?? '')
    .find((pair) => pair.startsWith(`${name}=`)) ?? '';

async function asked(): Promise<{ challenge: string; step: string }> {
  const answer = await post('/api/auth/passkey/options', {});
  const { options } = (await answer.json()) as { options: { challenge: string; userVerification: string } };
  expect(options.userVerification).toBe('required');
  return { challenge: options.challenge, step: cookieOf(answer, 'reprise-step') };
}
async function show(device: Device, way: Way = {}, userHandle?: string): Promise<Response> {
  const { challenge, step } = await asked();
  return post('/api/auth/passkey', device.show(challenge, way, userHandle), step);
}

async function refusals(subject: string): Promise<(string | null)[]> {
  const { rows } = await owner.query(
    `SELECT detail->>'why' AS why FROM audit_entry
     WHERE subject = $1 AND action = 'session.started' AND outcome = 'refused' ORDER BY id`,
    [subject],
  );
  return rows.map(({ why }) => why);
}

describe('a passkey', () => {
  it('signs its person in, as both factors and as just now', async () => {
    const who = await somebodyWithPasskey();
    const answer = await show(who.device, {}, who.id);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('{}');
    const bearer = await door.bearerOf(new Headers({ cookie: cookieOf(answer, 'reprise') }));
    expect(bearer).toMatchObject({ person: { id: who.id }, method: 'passkey' });
    expect(await desk.isFresh(bearer?.sessionId ?? '')).toBe(true);
    const { rows } = await owner.query(
      `SELECT detail->>'method' AS method, detail->>'secondFactor' AS by FROM audit_entry
       WHERE subject = $1 AND action = 'session.started' AND id > (
         SELECT max(id) FROM audit_entry WHERE subject = $1 AND action = 'passkey.added')`,
      [`person:${who.id}`],
    );
    expect(rows).toEqual([{ method: 'passkey', by: 'passkey' }]);
    expect((await desk.passkeys(who.id))[0]).toMatchObject({
      name: 'Laptop',
      lastUsedAt: expect.any(String),
    });
  });

  it('is made in the session that asked for it, once, within five minutes, for this site, by a verified person', async () => {
    const who = await somebody();
    const refused = { code: 'input-invalid' };
    const other = await begin(who);
    await expect(
      add(who, other.step, new Device().make(other.options.challenge), 'another-session'),
    ).rejects.toMatchObject(refused);
    const late = await begin(who);
    await owner.query('UPDATE sign_in_step SET expires_at = now() WHERE person_id = $1', [who.id]);
    await expect(add(who, late.step, new Device().make(late.options.challenge))).rejects.toMatchObject(
      refused,
    );
    for (const way of [
      { origin: 'https://elsewhere.example' },
      { rpId: 'elsewhere.example' },
      { flags: 0x01 },
      { challenge: 'AAAA' },
      { type: 'webauthn.get' },
    ]) {
      const { step, options } = await begin(who);
      await expect(add(who, step, new Device().make(options.challenge, way))).rejects.toMatchObject(refused);
      // The question is used up by the try.
      await expect(add(who, step, new Device().make(options.challenge))).rejects.toMatchObject(refused);
    }
    for (const nonsense of [null, {}, 'x', { id: 'x', response: {} }]) {
      const { step } = await begin(who);
      await expect(add(who, step, nonsense)).rejects.toMatchObject(refused);
    }
    expect(await desk.passkeys(who.id)).toEqual([]);
  });

  it('is made by nobody whose session has ended since, or who has come to sign in through an issuer', async () => {
    const who = await somebody();
    const device = new Device();
    const first = await begin(who);
    await owner.query('DELETE FROM person_session WHERE id = $1', [who.sessionId]);
    await expect(add(who, first.step, device.make(first.options.challenge))).rejects.toMatchObject({
      code: 'session-not-found',
    });
    const linked = await somebody();
    const issuer = 'https://login.example';
    const there = peopleDeskOver(pool, { secret: 'x'.repeat(40), address: ADDRESS, issuer });
    const second = await begin(linked);
    await owner.query(
      `INSERT INTO sign_in_account (id, person_id, account_id, provider_id) VALUES ($1, $1, $1, 'oidc:' || $2::text)`,
      [linked.id, issuer],
    );
    await expect(
      there.addPasskey({
        personId: linked.id,
        sessionId: linked.sessionId,
        site,
        step: second.step,
        name: 'Laptop',
        answer: device.make(second.options.challenge),
      }),
    ).rejects.toThrow(/which alone lets you in/);
    const { rows } = await owner.query('SELECT FROM passkey WHERE person_id = ANY ($1)', [
      [who.id, linked.id],
    ]);
    expect(rows).toHaveLength(0);
  });

  it('is taken for nothing that was signed for elsewhere, without looking at who holds it, or by another key', async () => {
    const who = await somebodyWithPasskey();
    for (const way of [
      { origin: 'https://elsewhere.example' },
      { rpId: 'elsewhere.example' },
      { flags: 0x01 },
      { challenge: 'AAAA' },
      { type: 'webauthn.create' },
    ])
      expect((await show(who.device, way)).status).toBe(401);
    expect((await show(who.device, {}, 'somebody-else')).status).toBe(401);
    const forged = new Device();
    who.device.id.copy(forged.id);
    forged.counter = 100;
    expect((await show(forged)).status).toBe(401);
    expect(await refusals(`person:${who.id}`)).toEqual(
      Array.from({ length: 7 }, () => 'passkey does not hold'),
    );
    expect((await show(new Device())).status).toBe(401);
    expect((await refusals('people')).at(-1)).toBe('passkey not known');
    // What did not hold has not moved the counter.
    expect((await show(who.device)).status).toBe(200);
  });

  it('answers one question, once, in the browser that was asked', async () => {
    const who = await somebodyWithPasskey();
    const { challenge, step } = await asked();
    const answer = who.device.show(challenge);
    expect((await post('/api/auth/passkey', answer, 'reprise-step=')).status).toBe(410);
    const another = await asked();
    expect((await post('/api/auth/passkey', answer, another.step)).status).toBe(401);
    expect((await post('/api/auth/passkey', answer, step)).status).toBe(200);
    expect((await post('/api/auth/passkey', answer, step)).status).toBe(410);
    // What was asked of somebody who adds a passkey is no question at the door.
    const adding = await begin(who);
    const stolen = who.device.show(adding.options.challenge);
    expect((await post('/api/auth/passkey', stolen, `reprise-step=${adding.step}`)).status).toBe(410);
  });

  it('whose counter went back is refused, and that is on record', async () => {
    const who = await somebodyWithPasskey();
    who.device.counter = 9;
    expect((await show(who.device)).status).toBe(200);
    for (const counter of [9, 4, -1]) {
      who.device.counter = counter;
      const answer = await show(who.device);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ message: expect.stringContaining('may have been copied') });
    }
    expect(await refusals(`person:${who.id}`)).toEqual(
      Array.from({ length: 3 }, () => 'passkey counter went back'),
    );
    who.device.counter = 10;
    expect((await show(who.device)).status).toBe(200);
    await expect(
      owner.query('UPDATE passkey SET counter = 1 WHERE person_id = $1', [who.id]),
    ).rejects.toThrow(/never changed/);
  });

  it('of a device that does not count is taken again and again', async () => {
    const who = await somebodyWithPasskey();
    for (let time = 0; time < 2; time += 1) {
      who.device.counter = -1;
      expect((await show(who.device)).status).toBe(200);
    }
  });

  it('is renamed and removed by its person alone, and opens nothing afterwards', async () => {
    const [who, other] = [await somebodyWithPasskey(), await somebody()];
    const passkeyId = who.device.id.toString('base64url');
    const theirs = { personId: other.id, sessionId: other.sessionId, passkeyId };
    await expect(desk.renamePasskey({ ...theirs, name: 'Mine' })).rejects.toThrow(/none of yours/);
    await expect(desk.removePasskey(theirs)).rejects.toThrow(/none of yours/);
    await desk.renamePasskey({ personId: who.id, passkeyId, name: 'Phone' });
    expect((await desk.passkeys(who.id)).map(({ name }) => name)).toEqual(['Phone']);
    const own = { personId: who.id, sessionId: await session(who.id), passkeyId };
    await owner.query('DELETE FROM person_session WHERE id = $1', [own.sessionId]);
    await expect(desk.removePasskey(own)).rejects.toMatchObject({ code: 'session-not-found' });
    await desk.removePasskey({ ...own, sessionId: await session(who.id) });
    expect((await show(who.device)).status).toBe(401);
  });

  it('lets nobody in who may not sign in, and goes with what an administrator takes away', async () => {
    const who = await somebodyWithPasskey();
    await desk.setDisabled({ personId: who.id, disabled: true, actor: 'test' });
    expect((await show(who.device)).status).toBe(401);
    expect(await refusals(`person:${who.id}`)).toEqual(['disabled']);
    await desk.setDisabled({ personId: who.id, disabled: false, actor: 'test' });
    await desk.takeAuthenticatorAway({ personId: who.id, actor: 'an-administrator' });
    expect((await show(who.device)).status).toBe(401);
    expect((await refusals('people')).at(-1)).toBe('passkey not known');
  });

  it('is known once, whoever shows it', async () => {
    const [who, other] = [await somebodyWithPasskey(), await somebody()];
    const { step, options } = await begin(other);
    await expect(add(other, step, who.device.make(options.challenge))).rejects.toMatchObject({
      code: 'person-conflict',
    });
  });

  it('is asked for by no IP address, which browsers bind none to', async () => {
    expect((await post('/api/auth/passkey/options', {}, '', '127.0.0.1:3000')).status).toBe(404);
  });
});
