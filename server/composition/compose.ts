import { randomUUID } from 'node:crypto';
import reprise from '../../package.json' with { type: 'json' };
import { approvalStore } from '../adapters/approval/approval-store.ts';
import { glassStore } from '../adapters/approval/glass-store.ts';
import { type Archives, openArchives } from '../adapters/archive/archive-store.ts';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { openConnections } from '../adapters/connection-pools.ts';
import { createContractLoader } from '../adapters/contracts/contract-loader.ts';
import { readersByKind, targetsByKind } from '../adapters/derived-state/by-kind.ts';
import { openDerivedStates } from '../adapters/derived-state/postgres-state-reader.ts';
import { openPostgresTarget } from '../adapters/derived-state/promoting/postgres-target.ts';
import { sha256, startSha256 } from '../adapters/digests.ts';
import { openEventTable } from '../adapters/event-table/event-table-history.ts';
import { rowDecoder } from '../adapters/event-table/row-decoder.ts';
import { commandSigner } from '../adapters/evidence-log/command-signer.ts';
import { evidenceLogStore } from '../adapters/evidence-log/log-store.ts';
import { asyncSha256, signerOf, verifyEd25519 } from '../adapters/evidence-log/node-keys.ts';
import { createKafka, type Kafka } from '../adapters/kafka/index.ts';
import { createLog, type ProcessLog } from '../adapters/log/pino-log.ts';
import { noticeStore } from '../adapters/notices/notice-store.ts';
import { auditFrom } from '../adapters/postgres/audit.ts';
import { createContractStore } from '../adapters/postgres/contract-store.ts';
import { postgresNotifier } from '../adapters/postgres/live-feed.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { createUnitOfWork } from '../adapters/postgres/unit-of-work.ts';
import { foldStore, replayStore, resultStore } from '../adapters/replay-store/index.ts';
import { openTracing, tracedUnitOfWork } from '../adapters/tracing/tracing.ts';
import type { Sealing, Signer } from '../application/ports/evidence-log.ts';
import type { DeadLetterReader, HistoryOpener } from '../application/ports/history.ts';
import type { ReplayDeps } from '../application/replay/deps.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import { connectionSetting, promoterSetting, type Settings } from '../env.ts';
import { incidentSignals } from './signals.ts';

export type Named = { readonly name: string };

export function compose(settings: Settings, name: string, poolSize: number) {
  const log = createLog({ level: settings.logLevel, process: name });
  for (const setting of settings.unknown)
    log.warn({ setting }, 'this looks like a setting of Reprise and is none: is it misspelt?');
  for (const file of settings.exposed)
    log.warn(
      { file },
      'others can read the key that evidence is signed with, and sign as this log (chmod 600)',
    );
  const report = (error: unknown) =>
    log.warn({ error }, 'a connection was lost; it is made again when needed');
  const pool = createPool(settings.databaseUrl, { name: `reprise ${name}`, max: poolSize, report });
  const connections = openConnections({
    addresses: settings.connections,
    settingOf: connectionSetting,
    report,
  });
  const promoters = openConnections({
    addresses: settings.promoters,
    settingOf: promoterSetting,
    why: 'promotes through',
    name: 'reprise promoter',
    report,
  });
  const kafka = settings.kafka === null ? null : openKafka(settings, settings.kafka, log);
  const archives = openArchives(settings.archiveDir);
  const tracing = openTracing(settings.tracing, { name, version: reprise.version });
  const { calendar } = settings;
  const audit = auditFrom(name);
  const replayDeps: ReplayDeps = {
    unitOfWork: tracedUnitOfWork(createUnitOfWork(pool), tracing),
    replays: replayStore,
    folds: foldStore,
    results: resultStore,
    sealing: sealingOf(settings),
    live: postgresNotifier,
    audit,
    signals: incidentSignals({ replayDeps: { audit }, calendar }),
    notices: noticeStore,
    glass: glassStore,
    contracts: createContractStore(pool),
    approvals: approvalStore,
    loader: createContractLoader({ contractsDir: settings.contractsDir, root: process.cwd() }),
    histories: openHistories(kafka, connections.connect, archives),
    derivedStates: readersByKind(openDerivedStates(connections.connect), () => {
      if (kafka === null) throw noBroker();
      return kafka.topicStates;
    }),
    clock: systemClock,
    newId: randomUUID,
    sha256,
    startSha256,
    software: { reprise: reprise.version, node: process.versions.node },
  };
  return {
    log,
    tracing,
    pool,
    kafka,
    connect: connections.connect,
    connectPromoter: promoters.connect,
    target: targetsByKind(openPostgresTarget(promoters.connect), () => {
      if (kafka === null) throw noBroker();
      return kafka.topicTarget;
    }),
    replayDeps,
    calendar,
    archives,
    deadLetters: kafka?.deadLetters ?? noDeadLetters,
    close: async () => {
      await Promise.all([kafka?.close(), connections.close(), promoters.close(), pool.end()]);
      await tracing.close();
    },
  };
}

export type Composed = ReturnType<typeof compose>;

/** How a cluster is reached by who reads. */
export function kafkaSettings(settings: Settings, { brokers, tls, sasl }: NonNullable<Settings['kafka']>) {
  const { ca, cert, key } = tls ?? { ca: null, cert: null, key: null };
  return {
    brokers,
    tls:
      tls === null
        ? (false as const)
        : { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: true },
    sasl,
    registryUrl: settings.schemaRegistryUrl,
    clientId: 'reprise',
  };
}

function openKafka(settings: Settings, kafka: NonNullable<Settings['kafka']>, log: ProcessLog): Kafka {
  const reading = kafkaSettings(settings, kafka);
  const { promoter } = kafka;
  return createKafka(reading, (level, fields, sentence) => log[level](fields, sentence), {
    promoter: promoter === null ? null : { ...reading, sasl: promoter.sasl },
  });
}

const noBroker = () =>
  new RepriseError('history-unavailable', 'No broker is configured: set KAFKA_BROKERS (docs/settings.md).', {
    where: 'KAFKA_BROKERS',
    lasting: true,
  });

const noDeadLetters: DeadLetterReader = { list: () => Promise.reject(noBroker()) };

function openHistories(kafka: Kafka | null, connect: Composed['connect'], archives: Archives): HistoryOpener {
  return {
    open: async (contract) => {
      if (contract.history.kind === 'postgres')
        return { reader: openEventTable(contract, connect), decoder: rowDecoder };
      if (kafka === null) throw noBroker();
      const opened = await kafka.openHistory(contract);
      const { archive } = contract.history;
      if (archive === null) return opened;
      return { ...opened, reader: await archives.continueBackwards(opened.reader, archive) };
    },
  };
}

function signerFrom(signing: NonNullable<Settings['signing']>): Signer {
  return signing.kind === 'key' ? signerOf(signing.key) : commandSigner(signing.command, signing.publicKey);
}

/** What a log is called stays for ever, so it is the address that people type, or else a name that nobody else has. */
function sealingOf({ signing, origin }: Settings): Sealing {
  return {
    log: evidenceLogStore,
    signer: signing === null ? null : signerFrom(signing),
    sha256: asyncSha256,
    verifyEd25519,
    originOfNew: origin === null ? `reprise.local/${randomUUID()}` : `${new URL(origin).host}/api/log`,
  };
}
