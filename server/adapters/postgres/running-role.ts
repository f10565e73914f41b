import type pg from 'pg';

/** The tables whose rules the role must not be able to switch off are all in one schema. */
const ASK = `
  SELECT current_user::text AS role, me.rolsuper AS superuser, me.rolcreaterole AS makes_roles,
    ARRAY(SELECT DISTINCT pg_get_userbyid(c.relowner)::text FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1)
        AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owners,
    pg_has_role(current_user, d.datdba, 'MEMBER') OR pg_has_role(current_user, n.nspowner, 'MEMBER') AS owns_around,
    has_schema_privilege(current_user, n.oid, 'CREATE') AS makes,
    coalesce(has_table_privilege(current_user, to_regclass('public.audit_entry'),
      'TRIGGER, TRUNCATE, UPDATE, DELETE'), false) AS rewrites
  FROM pg_roles me, pg_database d, pg_namespace n
  WHERE me.rolname = current_user AND d.datname = current_database() AND n.nspname = 'public'`;

const GUARDED = ['audit_entry', 'evidence_record', 'decision', 'replay', 'discrepancy', 'contract_version'];

type Answer = {
  role: string;
  superuser: boolean;
  makes_roles: boolean;
  owners: readonly string[];
  owns_around: boolean;
  makes: boolean;
  rewrites: boolean;
};

/**
 * Why the role that runs could switch the rules of the database off; null where it can't. What is asked is what is so
 * on the server, and not what the settings say.
 */
export async function whyRulesCanBeSwitchedOff(
  client: Pick<pg.ClientBase, 'query'> | pg.Pool,
): Promise<string | null> {
  const { rows } = await client.query<Answer>(ASK, [GUARDED]);
  const [found] = rows;
  if (found === undefined) return null;
  const why = whyOf(found);
  if (why === null) return null;
  return `Reprise runs by the role ${found.role} (DATABASE_URL), which ${why.is}: whoever gets hold of it can get round the rules that the database keeps. ${why.remedy}`;
}

const OWN_ROLE = 'Give what runs a role of its own (docs/settings.md, "Two roles").';
const TAKE_AWAY =
  'The owner takes that from it with "npm run -s reprise -- migrate" (docs/settings.md, "Two roles").';

function whyOf({
  superuser,
  makes_roles,
  owners,
  owns_around,
  makes,
  rewrites,
}: Answer): { readonly is: string; readonly remedy: string } | null {
  if (superuser) return { is: 'is a superuser', remedy: OWN_ROLE };
  if (owners.length > 0)
    return { is: 'owns its tables, or is a member of the role that does', remedy: OWN_ROLE };
  if (owns_around) return { is: 'owns the database or the schema of its tables', remedy: OWN_ROLE };
  if (makes_roles) return { is: 'may make roles', remedy: OWN_ROLE };
  if (makes) return { is: 'may make things in the schema of its tables', remedy: TAKE_AWAY };
  if (rewrites) return { is: 'may do more to its tables than Reprise needs', remedy: TAKE_AWAY };
  return null;
}
