/**
 * Prisma's schema engine in its WebAssembly form. `prisma migrate` itself needs a native binary that is not
 * on npm; this one runs wherever Node does and keeps the same `_prisma_migrations` table.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';

const require = createRequire(import.meta.url);
const prismaFolder = findPrisma(import.meta.dirname);
export const migrationsFolder = join(prismaFolder, 'migrations');

/** Everything is managed by Reprise; pg-boss keeps its tables in a schema of its own. */
export const noFilters = { externalTables: [], externalEnums: [] };

/** What the engine calls when it panics; where it is missing, the panic is "unreachable" and says nothing. */
const panicRegistry = {
  set_message: (message: string): never => {
    throw new Error(`the schema engine panicked: ${message}`);
  },
};

/** The folder `prisma` of the repository, from wherever in it this module has been put. */
function findPrisma(from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const found = join(at, 'prisma');
    if (existsSync(join(found, 'schema.prisma'))) return found;
    if (dirname(at) === at) throw new Error(`no folder prisma with its schema lies above ${from}`);
  }
}

type PgAdapter = Awaited<ReturnType<PrismaPg['connect']>>;
type EngineModule = { readonly SchemaEngine: typeof SchemaEngine };
let engineModule: Promise<EngineModule> | null = null;

async function loadEngine(): Promise<EngineModule> {
  const shared: { PRISMA_WASM_PANIC_REGISTRY?: unknown } = globalThis as object;
  shared.PRISMA_WASM_PANIC_REGISTRY ??= panicRegistry;
  const glueFile = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(join(dirname(glueFile), 'schema_engine_bg.wasm'));
  // The glue module is its own import object (wasm-bindgen's "bundler" target).
  const imports = { './schema_engine_bg.js': glue as unknown as WebAssembly.ModuleImports };
  const { instance } = await WebAssembly.instantiate(bytes, imports);
  glue.__wbg_set_wasm(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start !== 'function') throw new Error('the schema engine has no entry point');
  start();
  return glue;
}

/**
 * Runs `work` with the engine on a database. Afterwards its sessions are ended, since one of them holds the
 * engine's own advisory lock for as long as it lives.
 */
export async function withSchemaEngine<T>(
  databaseUrl: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  engineModule ??= loadEngine();
  const { SchemaEngine } = await engineModule;
  const pool = new pg.Pool({ connectionString: databaseUrl, application_name: 'reprise migrate' });
  pool.on('error', () => undefined);
  try {
    const factory = bindMigrationAwareSqlAdapterFactory(wholeScripts(pool));
    const engine = await SchemaEngine.new({ datamodels: [await readSchema()] }, () => undefined, factory);
    try {
      return await work(engine);
    } finally {
      // WebAssembly's memory is not the garbage collector's.
      engine.free();
    }
  } finally {
    await pool.end();
  }
}

/**
 * The adapter as the engine needs it. By itself it cuts a script at every semicolon and sends the pieces one by
 * one, which breaks functions and leaves half a migration behind when a piece fails; sent whole over the simple
 * protocol, a script is one implicit transaction (PostgreSQL manual, 54.2.2.1).
 */
function wholeScripts(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => {
      const adapter = await factory.connect();
      readCharacters(adapter);
      return Object.assign(adapter, {
        executeScript: async (script: string) => {
          await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
        },
      });
    },
    // Its own way of making one runs in the database itself where that is named by a URL.
    connectToShadowDb: () => Promise.reject(new Error('a scratch database is made by us, not by the engine')),
  };
}

/** The adapter knows no column of type "char", which the engine's own catalogue queries return. */
function readCharacters(adapter: PgAdapter): void {
  const { CHAR, TEXT } = pg.types.builtins;
  const charactersIn = new WeakMap<object, ReadonlySet<number>>();
  const pool = adapter.underlyingDriver();
  const query = pool.query.bind(pool) as (config: pg.QueryArrayConfig) => Promise<pg.QueryArrayResult>;
  const queryRaw = adapter.queryRaw.bind(adapter);
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config);
      for (const { fields, rows } of [result].flat()) {
        charactersIn.set(rows, new Set(fields.flatMap((f, i) => (f.dataTypeID === CHAR ? [i] : []))));
        for (const field of fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT;
      }
      return result;
    },
  });
  Object.assign(adapter, {
    queryRaw: async (sql: SqlQuery): Promise<SqlResultSet> => {
      const result = await queryRaw(sql);
      const characters = charactersIn.get(result.rows);
      const columnTypes = result.columnTypes.map((type, i) =>
        characters?.has(i) ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    },
  });
}

async function readSchema(): Promise<[string, string]> {
  const path = join(prismaFolder, 'schema.prisma');
  return [path, await readFile(path, 'utf8')];
}

/**
 * SQL that a database lacks to be what prisma/schema.prisma says; '' where it is. Collations, checks, triggers
 * and storage settings are not seen: Prisma has no words for them.
 */
export async function missingFromSchema(databaseUrl: string): Promise<string> {
  const [path, content] = await readSchema();
  const files = [{ path, content }];
  const { stdout } = await withSchemaEngine(databaseUrl, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: prismaFolder },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: noFilters,
    }),
  );
  const sql = stdout ?? '';
  return sql.startsWith('-- This is an empty migration') ? '' : sql;
}

/** The migrations folder as the engine takes it: directories in order of their names. */
export async function listMigrations() {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = await Promise.all(
    names.map(async (name) => {
      const value = await readFile(join(migrationsFolder, name, 'migration.sql'), 'utf8');
      return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
    }),
  );
  const lockfile = await readFile(join(migrationsFolder, 'migration_lock.toml'), 'utf8').catch(() => null);
  return {
    baseDir: migrationsFolder,
    lockfile: { path: 'migration_lock.toml', content: lockfile },
    shadowDbInitScript: '',
    migrationDirectories,
  };
}
