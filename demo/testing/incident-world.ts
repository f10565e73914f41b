/** What tests of incidents stand on: a database of their own, its people, and Reprise's own acts over it. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { sha256 } from '../../server/adapters/digests.ts';
import { incidentStore } from '../../server/adapters/incidents/incident-store.ts';
import { peopleStore } from '../../server/adapters/people/people-store.ts';
import { createPool } from '../../server/adapters/postgres/pool.ts';
import { createMigratedDatabase } from '../../server/adapters/postgres/scratch-database.ts';
import { createUnitOfWork } from '../../server/adapters/postgres/unit-of-work.ts';
import type { RespondDeps } from '../../server/application/incident/deps.ts';
import type { Transaction } from '../../server/application/ports/unit-of-work.ts';
import { draftOnRecovery } from '../../server/composition/reviews.ts';
import { incidentDeps, incidentSignals } from '../../server/composition/signals.ts';
import type { Role } from '../../server/domain/access/index.ts';

export async function openIncidentWorld(databaseUrl: string) {
  const scratch = await createMigratedDatabase(databaseUrl);
  const owner = new pg.Pool({ connectionString: scratch.ownerUrl, max: 4 });
  owner.on('error', () => undefined);
  const runner = createPool(scratch.url, { name: 'test', max: 24, report: () => undefined });
  const unitOfWork = createUnitOfWork(runner);
  const deps: RespondDeps = {
    ...incidentDeps({}),
    ...{ unitOfWork, people: peopleStore, sha256 },
    draftReview: draftOnRecovery({}),
  };
  return {
    /** As the owner of all tables: a test's own hand. */
    owner,
    /** As the role that Reprise runs by. */
    runner,
    deps,
    signals: incidentSignals({}),
    incidents: incidentStore,
    run: <T>(work: (tx: Transaction) => Promise<T>) => unitOfWork.run(work),
    /** Somebody who signs in, unless `signsIn` says that only tokens act for them. */
    async person(id: string, roles: readonly Role[], name = id, signsIn = true) {
      await owner.query(
        `INSERT INTO person (id, name, email, email_verified, roles) VALUES ($1, $2, $3, true, $4)`,
        [id, name, `${id}@example.test`, roles],
      );
      if (signsIn)
        await owner.query(
          `INSERT INTO sign_in_account (id, person_id, account_id, provider_id) VALUES ($1, $1, $1, 'credential')`,
          [id],
        );
    },
    async insertReplay(contractId: string) {
      const id = randomUUID();
      await owner.query(
        `INSERT INTO replay (id, contract_id, contract_version, scope, status, requested_by, failure_code, failure)
         VALUES ($1, $2, 1, '{"kind":"all"}', 'refused', 'ada', 'scope-invalid', 'no such partition')`,
        [id, contractId],
      );
      return id;
    },
    async insertEvidence(of: {
      contractId: string;
      replayId: string | null;
      confidence: string | null;
      agreement?: string;
      coverage?: 'whole' | 'part';
    }) {
      const id = randomUUID();
      const statement = JSON.stringify({ id });
      await owner.query(
        `INSERT INTO evidence_record (id, kind, contract_id, replay_id, statement, digest, status, confidence, agreement,
           coverage_kind, requested_by)
         VALUES ($1, 'replay', $2, $3, convert_to($4, 'UTF8'), $5, 'finished', $6, $7, $8, 'ada')`,
        [
          ...[id, of.contractId, of.replayId, statement, sha256(statement), of.confidence],
          ...[of.agreement ?? null, of.coverage ?? null],
        ],
      );
      return id;
    },
    audit: (actor: string, action: string, subject: string) =>
      unitOfWork.run((tx) => deps.audit.append(tx, { actor, action, subject, outcome: 'done', detail: {} })),
    async close() {
      await Promise.all([owner.end(), runner.end()]);
      await scratch.drop();
    },
  };
}
