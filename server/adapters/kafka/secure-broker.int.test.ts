import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { classPath, fetchJars, isOnPath } from '../../../demo/infra/jars.ts';
import { defaultCacheDir, JVM, kafkaAvailability } from '../../../demo/infra/kafka.ts';
import { freePort } from '../../../demo/infra/ports.ts';
import { type Started, startProcess, stopProcess, waitUntil } from '../../../demo/infra/processes.ts';
import { inTransaction, openTransactional } from '../../../demo/testing/topic-projector.ts';
import { topicState } from '../../domain/contract/define.ts';
import type { TopicState } from '../../domain/contract/index.ts';
import { type BrokerUnderTest, collect, connect } from './broker-under-test.ts';
import { createKafka } from './create-kafka.ts';
import type { KafkaSettings } from './settings.ts';

const availability = kafkaAvailability();
const absent =
  inject('kafkaBrokers') === ''
    ? 'no broker'
    : !availability.available
      ? availability.why
      : availability.how !== 'maven' || !isOnPath('keytool')
        ? 'a broker with TLS is started from its Maven artifacts, with a certificate that keytool makes'
        : null;
if (absent !== null) process.stdout.write(`NOT RUN: TLS and SASL against a broker: ${absent}.\n`);

describe.runIf(absent === null)('a broker behind TLS and SASL', () => {
  const stateDir = resolve('.reprise/test', `kafka-secure-${crypto.randomUUID().slice(0, 8)}`);
  let started: Started;
  let inside: BrokerUnderTest;
  let secure: string;
  let plain: string;
  let ca: string;
  let topic: string;

  beforeAll(async () => {
    mkdirSync(stateDir, { recursive: true });
    await fetchJars(defaultCacheDir, () => undefined);
    ca = makeCertificate(stateDir);
    const ports = [await freePort(60_392), await freePort(60_492), await freePort(60_592)] as const;
    secure = `localhost:${ports[0]}`;
    started = await startSecure(stateDir, ports);
    plain = `127.0.0.1:${ports[1]}`;
    let opened: BrokerUnderTest | null = null;
    await waitUntil(
      async () => {
        opened = await connect(plain).catch(() => null);
        return opened !== null || started.hasExited();
      },
      60_000,
      500,
    );
    if (opened === null) throw new Error(`the broker did not answer: see ${stateDir}/kafka.log`);
    inside = opened;
    topic = await inside.topic(2);
    await inside.write(topic, 0, 50);
    await inside.write(topic, 1, 50);
  }, 240_000);

  afterAll(async () => {
    await inside.close();
    await stopProcess(started.identity, 10_000);
    rmSync(stateDir, { recursive: true, force: true });
  });

  const settings = (changed: Partial<KafkaSettings>): KafkaSettings => ({
    brokers: [secure],
    tls: { ca, rejectUnauthorized: true },
    sasl: { mechanism: 'plain', username: 'reprise', password: 'in plain' },
    registryUrl: null,
    clientId: 'reprise-test',
    ...changed,
  });

  it.each([
    ['plain', 'in plain'],
    ['scram-sha-256', 'in scram'],
    ['scram-sha-512', 'in scram'],
  ] as const)('is read with SASL %s', async (mechanism, password) => {
    const kafka = createKafka(
      settings({ sasl: { mechanism, username: 'reprise', password } }),
      () => undefined,
    );
    const { reader } = await kafka.openHistory(inside.contract(topic));
    const { values } = await collect(reader);
    expect(values.get(0)).toHaveLength(50);
    expect(values.get(1)).toHaveLength(50);
    await kafka.close();
  });

  it('is written to by the user that promotes alone, and says what that one lacks', async () => {
    const shelf = await inside.topic(1, { 'cleanup.policy': 'compact' });
    const notes = `${shelf}.reprise-promotion`;
    await inside.admin.createTopics({
      topics: [{ topic: notes, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
    });
    const state: TopicState<unknown> = {
      ...topicState<unknown>({
        title: 'Shelf',
        topic: shelf,
        consumerGroup: `${shelf}-projector`,
        transactionalId: `${shelf}-projector`,
        fields: { total: { path: 'total', expected: () => 0 } },
      }),
      historyTopic: topic,
    };
    // As its projector: an id that nobody writes under is refused before any right is asked for.
    // A broker that has just started coordinates no group before the first question.
    const groupId = state.consumerGroup;
    await eventually(() => inside.admin.fetchOffsets({ groupId, topics: [topic] }), null);
    const projector = await openTransactional(
      new Kafka({ brokers: [plain], logLevel: logLevel.NOTHING }),
      `${shelf}-projector`,
    );
    await inTransaction(projector, [{ topic: shelf, messages: [{ key: 'L', value: '{"total":1}' }] }], {
      group: groupId,
      history: topic,
      partitions: [{ partition: 0, offset: '1' }],
    });
    await projector.disconnect();
    const sasl = { mechanism: 'plain', username: 'promoter', password: 'may write' } as const;
    const kafka = createKafka(settings({}), () => undefined, { promoter: settings({ sasl }) });
    const { topicTarget: target, topicStates } = kafka;
    const id = crypto.randomUUID();
    const { READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS } = AclOperationTypes;
    const { TOPIC, TRANSACTIONAL_ID } = AclResourceTypes;
    const grant = (acl: AclEntry[]) => inside.admin.createAcls({ acl });

    const reader = [READ, DESCRIBE, DESCRIBE_CONFIGS].map((each) => allow(TOPIC, shelf, 'reprise', each));
    await grant([...reader, allow(TOPIC, shelf, 'promoter', DESCRIBE_CONFIGS)]);
    const check = () => target.check(state, new Set(['insert']));
    await eventually(check, /user that promotes lacks DESCRIBE on kafka-adapter-\w+\./);
    await grant([allow(TOPIC, shelf, 'promoter', DESCRIBE)]);
    await eventually(check, /user that promotes lacks WRITE on kafka-adapter-\w+\./);
    await grant([allow(TOPIC, shelf, 'promoter', WRITE)]);
    await grant(
      [WRITE, DESCRIBE].map((each) => allow(TRANSACTIONAL_ID, `${shelf}-projector`, 'another', each)),
    );
    await grant([allow(TRANSACTIONAL_ID, `${shelf}-projector`, 'reprise', DESCRIBE)]);
    await eventually(check, /user that promotes lacks DESCRIBE on the transactional id/);
    await grant([allow(TRANSACTIONAL_ID, `${shelf}-projector`, 'promoter', DESCRIBE)]);
    await eventually(check, null);
    await eventually(
      () => target.fence(state, id, 1n),
      /refuses it to the user that promotes \(TRANSACTIONAL_ID_AUTHORIZATION_FAILED\)/,
    );
    await grant([allow(TRANSACTIONAL_ID, `${shelf}-projector`, 'promoter', WRITE)]);
    await eventually(() => target.fence(state, id, 1n), null);
    const promoted = await target.promote(state, {
      promotionId: id,
      token: 1n,
      keys: ['K'],
      undoes: null,
      holdMs: 10_000,
      at: async () => undefined,
      decide: async () => ({ writes: [{ kind: 'insert', key: 'K', fields: { total: 3 } }], outcome: 'done' }),
    });
    expect(promoted).toMatchObject({ kind: 'written', written: { token: '1', outcome: 'done' } });
    await expect.poll(() => topicStates.rowsOf(state, ['K'])).toEqual([{ key: 'K', fields: { total: 3 } }]);
    expect(await target.fence(state, id, 2n)).toMatchObject({ kind: 'written' });
    await kafka.close();
  });

  it.each<[string, () => Partial<KafkaSettings>, RegExp]>([
    [
      'a wrong password',
      () => ({ sasl: { mechanism: 'plain', username: 'reprise', password: 'hidden' } }),
      /authentication/i,
    ],
    [
      'a wrong SCRAM password',
      () => ({ sasl: { mechanism: 'scram-sha-512', username: 'reprise', password: 'hidden' } }),
      /authentication/i,
    ],
    [
      'a certificate that is not known',
      () => ({ tls: { rejectUnauthorized: true } }),
      /certificate|self.signed/i,
    ],
    ['no TLS', () => ({ tls: false }), /TLS/],
  ])('says what is wrong with %s, and not the password', async (_, changed, sentence) => {
    const lines: unknown[] = [];
    const kafka = createKafka(settings(changed()), (...line) => void lines.push(line));
    const health = await kafka.health();
    expect(health).toMatchObject({ ok: false, detail: expect.stringMatching(sentence) });
    expect(JSON.stringify([health, lines])).not.toContain('hidden');
    await kafka.close();
  });
});

/** Rules come to a broker a moment after they are made. `sentence` null: it is to succeed. */
async function eventually(work: () => Promise<unknown>, sentence: RegExp | null): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const seen = await work().then(
      () => null,
      (error: unknown) => String(error),
    );
    if (sentence === null ? seen === null : seen !== null && sentence.test(seen)) return;
    if (attempt === 40) throw new Error(`not ${sentence}, but ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const { ALLOW } = AclPermissionTypes;
const { LITERAL } = ResourcePatternTypes;

/** A rule, by which nobody else is let do anything there. */
function allow(
  resourceType: AclResourceTypes,
  resourceName: string,
  user: string,
  operation: AclOperationTypes,
): AclEntry {
  const principal = `User:${user}`;
  return {
    resourceType,
    resourceName,
    resourcePatternType: LITERAL,
    principal,
    host: '*',
    operation,
    permissionType: ALLOW,
  };
}

/** Comes with every Java. */
const keytool = 'keytool';

/** The certificate's PEM; its key stays in the key store that the broker reads. */
function makeCertificate(stateDir: string): string {
  const store = [
    '-keystore',
    join(stateDir, 'broker.p12'),
    '-storetype',
    'PKCS12',
    '-storepass',
    'only-for-tests',
  ];
  const named = ['-alias', 'broker', '-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1'];
  execFileSync(keytool, ['-genkeypair', '-keyalg', 'RSA', '-validity', '30', ...named, ...store], {
    stdio: 'pipe',
  });
  return execFileSync(keytool, ['-exportcert', '-rfc', '-alias', 'broker', ...store], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

async function startSecure(stateDir: string, ports: readonly [number, number, number]): Promise<Started> {
  const [secure, plain, controller] = ports;
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `SECURE://127.0.0.1:${secure},PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `SECURE://localhost:${secure},PLAINTEXT://127.0.0.1:${plain}`,
    'listener.security.protocol.map': 'SECURE:SASL_SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(stateDir, 'data'),
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    // What has no rule yet is everybody's: a test makes the rules that it is about.
    'allow.everyone.if.no.acl.found': true,
    'listener.name.secure.ssl.keystore.location': join(stateDir, 'broker.p12'),
    'listener.name.secure.ssl.keystore.type': 'PKCS12',
    'listener.name.secure.ssl.keystore.password': 'only-for-tests',
    'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config':
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_reprise="in plain" user_promoter="may write";',
    'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
  };
  const file = join(stateDir, 'server.properties');
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const java = ['-Xmx320m', ...JVM, '-cp', classPath(defaultCacheDir, stateDir)];
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((m) => [
    '--add-scram',
    `${m}=[name=reprise,password=in scram]`,
  ]);
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  const format = await startProcess(
    'java',
    [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', file, ...users],
    {
      cwd: stateDir,
      logFile: join(stateDir, 'format.log'),
    },
  );
  if ((await format.exited).code !== 0)
    throw new Error(`Kafka could not format its log folder: see ${stateDir}/format.log`);
  return startProcess('java', [...java, 'kafka.Kafka', file], {
    cwd: stateDir,
    logFile: join(stateDir, 'kafka.log'),
  });
}
