import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { openMail } from './smtp-sender.ts';

const message = { subject: 'S', lines: ['S.'], link: 'http://127.0.0.1:3000/replays/1' };
const delivery = { id: 'd-1', to: 'ada@example.test', message };
const from = 'reprise@example.test';

const open: SMTPServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise<void>((closed) => server.close(() => closed()));
});

/** A mail server without TLS that would take a password all the same, and knows one. */
async function plainServer() {
  const seen: { passwords: (string | null | undefined)[]; mails: number } = { passwords: [], mails: 0 };
  const server = new SMTPServer({
    hideSTARTTLS: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authOptional: true,
    logger: false,
    onAuth({ username, password }, _session, done) {
      seen.passwords.push(password);
      if (password === 'right') done(null, { user: username ?? '' });
      else done(Object.assign(new Error('no such account'), { responseCode: 535 }));
    },
    onData(stream, _session, done) {
      stream.resume();
      stream.on('end', () => {
        seen.mails += 1;
        done();
      });
    },
  });
  server.on('error', () => undefined);
  open.push(server);
  await new Promise<void>((listening) => server.listen(0, '0.0.0.0', () => listening()));
  return { port: (server.server.address() as AddressInfo).port, seen };
}

describe('a server that does not take a mail in time', () => {
  it('gets no more of it once it is told as not delivered', async () => {
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((done) => {
      closed = done;
    });
    const server = new SMTPServer({
      authOptional: true,
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      // It answers nothing, and is not silent either, as far as the connection goes.
      onRcptTo: () => undefined,
      onClose: () => closed(),
    });
    server.on('error', () => undefined);
    open.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
    const { port } = server.server.address() as AddressInfo;
    const sent = await openMail({ url: `smtp://127.0.0.1:${port}`, from }, 300).send(delivery);
    expect(sent).toEqual({
      outcome: 'failed',
      problem: `127.0.0.1:${port} did not take it in time`,
      lasting: false,
    });
    await isClosed;
  });
});

describe('a password of the mail server', () => {
  it('goes in plain text to a server on this machine alone', async () => {
    const { port, seen } = await plainServer();
    const here = openMail({ url: `smtp://reprise:right@127.0.0.1:${port}`, from });
    expect(await here.send(delivery)).toEqual({ outcome: 'sent' });
    expect(seen).toEqual({ passwords: ['right'], mails: 1 });
    // The same machine under an address that is no loopback one.
    const elsewhere = openMail({ url: `smtp://reprise:right@0.0.0.0:${port}`, from });
    expect(await elsewhere.send(delivery)).toMatchObject({ outcome: 'failed' });
    expect(seen).toEqual({ passwords: ['right'], mails: 1 });
  });

  it('stands in nothing that is said of a failure, and its refusal is lasting', async () => {
    const { port } = await plainServer();
    const mail = openMail({ url: `smtp://reprise:hunter2@127.0.0.1:${port}`, from });
    const sent = await mail.send(delivery);
    expect(sent).toMatchObject({ outcome: 'failed', lasting: true });
    expect(JSON.stringify(sent)).toContain('535');
    expect(JSON.stringify([sent, mail.target])).not.toContain('hunter2');
  });
});
