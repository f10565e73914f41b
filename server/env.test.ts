import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectionSetting, readSettings, settingNames } from './env.ts';

const root = mkdtempSync(join(tmpdir(), 'reprise-settings-'));
afterAll(() => rmSync(root, { recursive: true }));
const databaseUrl = 'postgresql://reprise:hunter2@127.0.0.1:5432/reprise';
const read = (environment: Record<string, string>) =>
  readSettings({ DATABASE_URL: databaseUrl, ...environment }, root);
const problemsOf = (environment: Record<string, string>): string => {
  try {
    readSettings(environment, root);
  } catch (error) {
    return String(error);
  }
  return '';
};

describe('settings', () => {
  it('name the file of the signing key that others can read', () => {
    const file = join(root, 'signing.pem');
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file, pem, { mode: 0o600 });
    expect(read({ REPRISE_SIGNING_KEY_FILE: file }).exposed).toEqual([]);
    chmodSync(file, 0o640);
    expect(read({ REPRISE_SIGNING_KEY_FILE: file }).exposed).toEqual([file]);
    expect(read({}).exposed).toEqual([]);
  });

  it('are the ones that docs/settings.md lists, and no others', () => {
    const docs = readFileSync('docs/settings.md', 'utf8');
    const listed = [...docs.matchAll(/^\| `([A-Z_<>]+)` \|/gm)].map((match) => match[1]);
    expect(listed.sort()).toEqual([...settingNames].sort());
  });

  it('have defaults for all but the database', () => {
    expect(read({})).toMatchObject({
      kafka: null,
      host: '127.0.0.1',
      secret: null,
      origin: null,
      proxies: 0,
      demoPeople: false,
      contractsDir: join(root, 'contracts'),
      runbooksDir: join(root, 'runbooks'),
      archiveDir: join(root, '.reprise/archives'),
    });
    expect(problemsOf({})).toContain('DATABASE_URL is missing');
  });

  it('that are wrong are all named at once, with what they must be', () => {
    const problems = problemsOf({
      DATABASE_URL: databaseUrl,
      PORT: '99999',
      KAFKA_BROKERS: 'nowhere',
      LOG_LEVEL: 'loud',
      REPRISE_WORKER_THREADS: '0',
    });
    for (const name of ['PORT=99999', 'KAFKA_BROKERS=nowhere', 'LOG_LEVEL=loud', 'REPRISE_WORKER_THREADS=0'])
      expect(problems).toContain(name);
  });

  it('of who runs consumers name one of them, and go together', () => {
    expect(read({}).outside).toEqual({ consumerControl: null, connectUrl: null, corrections: new Map() });
    const url = 'https://control.example.test/consumers';
    expect(read({ CONSUMER_CONTROL_URL: url, CONSUMER_CONTROL_TOKEN: 'hunter2' }).outside).toMatchObject({
      consumerControl: { kind: 'webhook', url, allowPrivate: false },
    });
    const kubernetes = {
      KUBERNETES_API_URL: 'https://kubernetes.default.svc',
      KUBERNETES_NAMESPACE: 'shop',
      KUBERNETES_TOKEN_FILE: 'token',
    };
    expect(
      read({ ...kubernetes, KUBERNETES_API_URL: 'http://127.0.0.1:8001' }).outside.consumerControl,
    ).toMatchObject({
      kind: 'kubernetes',
    });
    expect(read(kubernetes).outside.consumerControl).toMatchObject({
      kind: 'kubernetes',
      tokenFile: join(root, 'token'),
    });
    for (const [wrong, problem] of [
      [{ REPRISE_CORRECTIONS_SHOP_TOKEN: 'hunter2' }, /REPRISE_CORRECTIONS_SHOP_URL is missing/],
      [{ REPRISE_CORRECTIONS_SHOP_URL: 'http://127.0.0.1:1/' }, /REPRISE_CORRECTIONS_SHOP_URL must be https/],
      [{ REPRISE_CORRECTIONS_SHOP: 'hunter2' }, /REPRISE_CORRECTIONS_SHOP is none of/],
      [{ CONSUMER_CONTROL_URL: 'http://127.0.0.1:1/' }, /must be https/],
      [{ CONSUMER_CONTROL_TOKEN: 'hunter2' }, /go with CONSUMER_CONTROL_URL/],
      [{ ...kubernetes, CONSUMER_CONTROL_URL: url }, /both set/],
      [{ KUBERNETES_API_URL: kubernetes.KUBERNETES_API_URL }, /go together/],
      [{ ...kubernetes, KUBERNETES_API_URL: 'http://10.0.0.1:8080' }, /KUBERNETES_API_URL must be https/],
      [{ CONNECT_URL: 'connect:8083' }, /CONNECT_URL must be an address/],
    ] as const) {
      const problems = problemsOf({ DATABASE_URL: databaseUrl, ...wrong });
      expect(problems).toMatch(problem);
      expect(problems).not.toContain('hunter2');
    }
  });

  it('of notices go together, and never repeat what is secret', () => {
    const webhook = 'https://hooks.example.test/services/hunter2';
    expect(read({}).notices).toEqual({ mail: null, webhook: null });
    expect(
      read({
        REPRISE_SMTP_URL: 'smtps://reprise:hunter2@mail.example.test',
        REPRISE_MAIL_FROM: 'Reprise <reprise@example.test>',
        REPRISE_WEBHOOK_URL: webhook,
      }).notices,
    ).toMatchObject({
      mail: { from: 'Reprise <reprise@example.test>' },
      webhook: { hosts: ['hooks.example.test'], allowPrivate: false },
    });
    for (const [wrong, problem] of [
      [{ REPRISE_SMTP_URL: 'smtp://mail.example.test' }, /REPRISE_MAIL_FROM go together/],
      [{ REPRISE_MAIL_FROM: 'a@example.test\r\nBcc: eve@example.test' }, /REPRISE_MAIL_FROM/],
      [{ REPRISE_MAIL_FROM: 'a@example.test, eve@example.test' }, /REPRISE_MAIL_FROM/],
      [{ REPRISE_SMTP_URL: 'smtp://mail.example.test/?logger=true&hunter2' }, /REPRISE_SMTP_URL/],
      [{ REPRISE_WEBHOOK_URL: 'http://hooks.example.test/hunter2' }, /must be https/],
      [{ REPRISE_WEBHOOK_URL: webhook, REPRISE_WEBHOOK_HOSTS: 'other.test' }, /does not hold the host/],
      [{ REPRISE_WEBHOOK_URL: 'https://u:hunter2@hooks.example.test' }, /without a user/],
    ] as const) {
      const problems = problemsOf({ DATABASE_URL: databaseUrl, ...wrong });
      expect(problems).toMatch(problem);
      expect(problems).not.toContain('hunter2');
    }
  });

  it('that are secret are never repeated', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://root:hunter2@host/db',
      REPRISE_OWNER_DATABASE_URL: 'mysql://root:hunter2@host/db',
      REPRISE_CONNECTION_SHOP: 'hunter2',
      SCHEMA_REGISTRY_URL: 'ftp://hunter2',
    });
    for (const name of [
      'DATABASE_URL',
      'REPRISE_OWNER_DATABASE_URL',
      'REPRISE_CONNECTION_SHOP',
      'SCHEMA_REGISTRY_URL',
    ])
      expect(problems).toContain(name);
    expect(problems).not.toContain('hunter2');
  });

  it('that are addresses have escapes that can be read', () => {
    const problems = problemsOf({
      DATABASE_URL: databaseUrl,
      SCHEMA_REGISTRY_URL: 'https://reader:hunter2%zz@registry.example',
    });
    expect(problems).toMatch(/SCHEMA_REGISTRY_URL has a percent sign/);
    expect(problems).not.toContain('hunter2');
  });

  it('that are secret may stand in a file', () => {
    writeFileSync(join(root, 'password'), 's3cret\n');
    const sasl = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'reader' };
    const given = read({ KAFKA_BROKERS: 'b:9092', ...sasl, KAFKA_SASL_PASSWORD_FILE: 'password' });
    expect(given.kafka?.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'reader', password: 's3cret' });
    expect(problemsOf({ DATABASE_URL: databaseUrl, KAFKA_SASL_PASSWORD_FILE: 'nowhere' })).toContain(
      'KAFKA_SASL_PASSWORD_FILE',
    );
  });

  it('let nobody write to a topic, unless they say as whom', () => {
    const sasl = {
      KAFKA_BROKERS: 'b:9092',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'reader',
      KAFKA_SASL_PASSWORD: 'one',
    };
    expect(read(sasl).kafka?.promoter).toBeNull();
    expect(read({ ...sasl, KAFKA_PROMOTER: 'true' }).kafka?.promoter?.sasl?.username).toBe('reader');
    const own = { KAFKA_PROMOTER_USERNAME: 'promoter', KAFKA_PROMOTER_PASSWORD: 'two' };
    expect(read({ ...sasl, ...own }).kafka?.promoter).toEqual({
      sasl: { mechanism: 'plain', username: 'promoter', password: 'two' },
    });
    for (const wrong of [{ KAFKA_PROMOTER_USERNAME: 'promoter' }, { ...own, KAFKA_PROMOTER: 'false' }])
      expect(problemsOf({ DATABASE_URL: databaseUrl, ...sasl, ...wrong })).toContain(
        'KAFKA_PROMOTER_USERNAME',
      );
    expect(problemsOf({ DATABASE_URL: databaseUrl, KAFKA_BROKERS: 'b:9092', ...own })).toContain(
      'with KAFKA_SASL_MECHANISM',
    );
  });

  it('of SASL and of client certificates go together', () => {
    expect(problemsOf({ DATABASE_URL: databaseUrl, KAFKA_SASL_USERNAME: 'reader' })).toContain('go together');
    writeFileSync(join(root, 'cert.pem'), 'certificate');
    const lonely = { KAFKA_TLS: 'true', KAFKA_TLS_CERT_FILE: 'cert.pem' };
    expect(problemsOf({ DATABASE_URL: databaseUrl, ...lonely })).toContain('go together');
  });

  it('of brokers name the brokers too', () => {
    const problems = (environment: Record<string, string>) =>
      problemsOf({ DATABASE_URL: databaseUrl, ...environment });
    const sasl = {
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'reader',
      KAFKA_SASL_PASSWORD: 'hunter2',
    };
    const promoter = { KAFKA_PROMOTER_USERNAME: 'promoter', KAFKA_PROMOTER_PASSWORD: 'hunter2' };
    const alone: Record<string, string>[] = [{ KAFKA_TLS: 'true' }, sasl, { KAFKA_PROMOTER: 'true' }];
    for (const lonely of alone) {
      const [name = ''] = Object.keys(lonely);
      expect(problems(lonely)).toMatch(new RegExp(`KAFKA_BROKERS is missing: .*${name}`));
      expect(problems(lonely)).not.toContain('hunter2');
    }
    // These ask for nothing, and a broker that is wrong is not missing.
    expect(problems({ KAFKA_TLS: 'false', KAFKA_PROMOTER: 'false' })).toBe('');
    expect(problems({ ...sasl, ...promoter })).toMatch(/KAFKA_PROMOTER_USERNAME would be of no use/);
    expect(problems({ KAFKA_TLS: 'true', KAFKA_BROKERS: 'nowhere' })).not.toContain('missing');
  });

  it('of brokers have ports that there are', () => {
    for (const port of ['0', '65536', '99999'])
      expect(problemsOf({ DATABASE_URL: databaseUrl, KAFKA_BROKERS: `a:9092,b:${port}` })).toContain(
        `KAFKA_BROKERS=a:9092,b:${port} must be`,
      );
    expect(read({ KAFKA_BROKERS: 'a:1,[::1]:65535' }).kafka?.brokers).toEqual(['a:1', '[::1]:65535']);
  });

  it('listen beyond this machine only behind an https address, and say why', () => {
    const problems = problemsOf({ DATABASE_URL: databaseUrl, HOST: '0.0.0.0' });
    expect(problems).toContain('HOST=0.0.0.0');
    expect(problems).toContain('REPRISE_ORIGIN');
    const origin = 'https://reprise.example';
    expect(read({ HOST: '0.0.0.0', REPRISE_ORIGIN: origin })).toMatchObject({ host: '0.0.0.0', proxies: 1 });
    for (const wrong of ['http://reprise.example', 'https://reprise.example/', 'reprise.example'])
      expect(problemsOf({ DATABASE_URL: databaseUrl, REPRISE_ORIGIN: wrong })).toContain('REPRISE_ORIGIN');
    for (const host of ['127.0.0.1', '::1', 'localhost', '127.8.9.1'])
      expect(read({ HOST: host }).host).toBe(host);
  });

  it('of an issuer go together, name an origin, and say what is wrong with the rules', () => {
    const oidc = {
      REPRISE_ORIGIN: 'https://reprise.example',
      REPRISE_OIDC_ISSUER: 'https://login.example/realms/acme',
      REPRISE_OIDC_CLIENT_ID: 'reprise',
      REPRISE_OIDC_CLIENT_SECRET: 'hunter2',
      REPRISE_OIDC_ROLES: 'groups:sre=operator',
    };
    expect(read(oidc).issuer).toEqual({
      issuer: 'https://login.example/realms/acme',
      clientId: 'reprise',
      clientSecret: 'hunter2',
      roles: [{ claim: 'groups', value: 'sre', role: 'operator' }],
      secondFactor: [],
      name: 'login.example',
    });
    expect(read({}).issuer).toBeNull();
    const wrong = (change: Record<string, string>) =>
      problemsOf({ DATABASE_URL: databaseUrl, ...oidc, ...change });
    expect(wrong({ REPRISE_ORIGIN: '' })).toMatch(/REPRISE_ORIGIN is missing: .*sends them back there/);
    expect(wrong({ REPRISE_OIDC_CLIENT_ID: '' })).toContain('go together');
    expect(wrong({ REPRISE_OIDC_ROLES: 'groups:sre=root' })).toContain('"root" is no role');
    expect(wrong({ REPRISE_OIDC_SECOND_FACTOR: 'mfa' })).toContain('amr:value');
    for (const issuer of ['http://login.example', 'login.example', 'https://login.example/?a=b'])
      expect(wrong({ REPRISE_OIDC_ISSUER: issuer })).toContain('REPRISE_OIDC_ISSUER');
    expect(wrong({ REPRISE_OIDC_ROLES: 'x' })).not.toContain('hunter2');
    expect(read({ ...oidc, REPRISE_OIDC_ISSUER: 'http://127.0.0.1:4000' }).issuer?.issuer).toContain('4000');
  });

  it('offer the people of the demo on this machine only', () => {
    const origin = 'https://reprise.example';
    expect(read({ REPRISE_DEMO_PEOPLE: 'true' }).demoPeople).toBe(true);
    expect(
      problemsOf({ DATABASE_URL: databaseUrl, REPRISE_DEMO_PEOPLE: 'true', REPRISE_ORIGIN: origin }),
    ).toContain('REPRISE_DEMO_PEOPLE');
  });

  it('hold the connections that contracts name', () => {
    const address = 'postgresql://reader@127.0.0.1:5432/shop';
    expect(connectionSetting('web-shop')).toBe('REPRISE_CONNECTION_WEB_SHOP');
    expect(read({ REPRISE_CONNECTION_WEB_SHOP: address }).connections).toEqual(
      new Map([['web_shop', address]]),
    );
  });

  it('that nobody knows are told, since they are most likely misspelt', () => {
    expect(
      read({ REPRISE_WORKER_TREADS: '4', REPRISE_TEST_X: '1', KAFKA_SASL_PASSWORD_FILE: '' }).unknown,
    ).toEqual(['REPRISE_WORKER_TREADS']);
  });

  it('send checkpoints where notices may go too, and over https', () => {
    const url = 'https://keeper.example/checkpoints';
    expect(read({ REPRISE_CHECKPOINT_WEBHOOK: url, REPRISE_CHECKPOINT_TOPIC: 'kept' })).toMatchObject({
      checkpointWebhook: { url, hosts: ['keeper.example'], allowPrivate: false },
      checkpointTopic: 'kept',
    });
    expect(
      problemsOf({
        DATABASE_URL: databaseUrl,
        REPRISE_CHECKPOINT_WEBHOOK: 'http://keeper.example/checkpoints',
        REPRISE_WEBHOOK_HOSTS: 'hooks.example',
        REPRISE_CHECKPOINT_TOPIC: 'a topic',
      }),
    ).toMatch(
      /REPRISE_CHECKPOINT_TOPIC.*name of a topic\s+.*does not hold the host of REPRISE_CHECKPOINT_WEBHOOK, keeper.example\s+REPRISE_CHECKPOINT_WEBHOOK must be https/,
    );
  });

  it('takes where traces go, with headers that are never shown', () => {
    expect(read({}).tracing).toBeNull();
    expect(
      read({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant=shop',
      }).tracing,
    ).toEqual({
      endpoint: 'http://localhost:4318',
      headers: { authorization: 'Bearer abc', 'x-tenant': 'shop' },
    });
    for (const headers of ['hush hush', 'a=%zz-hush', 'a=b%0d%0ac: hush'])
      expect(() => read({ OTEL_EXPORTER_OTLP_HEADERS: headers })).toThrow(
        /^(?![\s\S]*hush)[\s\S]*OTEL_EXPORTER_OTLP_HEADERS must be headers such as/,
      );
  });
});
