/**
 * Reads a contract's SQL with PostgreSQL's own parser and refuses all that is not one plain SELECT. What the
 * parser can't see (views, overloaded functions, column notation) is looked at on the server: see surroundings.ts.
 */
import { RepriseError } from '../../domain/shared/errors.ts';
import { allowedFunctions, allowedMessages, allowedNodes } from './allowed.ts';
import { ParserProcess } from './parser-process.ts';

/** A SELECT made of allowed parts only, with the names that the server has to be asked about. */
export type ParsedSelect = {
  /** The statement's own text, without what stands before and after it. */
  readonly sql: string;
  /** Tables and views as SQL, quoted. Names of common table expressions may be among them. */
  readonly tables: ReadonlySet<string>;
  /** Names of common table expressions, quoted. */
  readonly expressions: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
  /** Types of casts as SQL, quoted. */
  readonly types: ReadonlySet<string>;
  /** Last names of references such as `t.name`, which PostgreSQL reads as `name(t)` where no column is so called. */
  readonly qualified: ReadonlySet<string>;
};

type Found = { [K in Exclude<keyof ParsedSelect, 'sql'>]: Set<string> };
type Message = Readonly<Record<string, unknown>>;

const MAX_CHARS = 20_000;

/** Throws RepriseError invariant-refused, saying what is not allowed and what to write instead. */
export async function parseSelect(text: string): Promise<ParsedSelect> {
  if (text.length > MAX_CHARS)
    throw refused(`it has ${text.length} characters, and at most ${MAX_CHARS} are read.`);
  if (text.includes('\0')) throw refused('it holds a NUL character.');
  const statements = await parseStatements(text);
  const [only, another] = statements;
  if (only === undefined) throw refused('it holds no statement.');
  if (another !== undefined)
    throw refused(`it holds ${statements.length} statements, and one SELECT is allowed.`);
  const kind = Object.keys(only.tree)[0] ?? 'nothing';
  if (kind !== 'SelectStmt')
    throw refused(`it is a ${kind.replace(/Stmt$/, '')} statement, and only SELECT is allowed.`);
  const found: Found = {
    tables: new Set(),
    expressions: new Set(),
    functions: new Set(),
    // What IN, BETWEEN, CASE, JOIN … USING and comparisons of rows use without naming it.
    operators: new Set(['=', '<>', '<', '>', '<=', '>=']),
    types: new Set(),
    qualified: new Set(),
  };
  visitNode(only.tree, found);
  if (!hasColumn(only.tree.SelectStmt))
    throw refused('it returns no column; the first names the failing key.');
  return { sql: only.sql, ...found };
}

type Statement = { readonly tree: Message; readonly sql: string };

const parser = new ParserProcess();

async function parseStatements(text: string): Promise<Statement[]> {
  const bytes = Buffer.from(text);
  const answer = await parser.ask(text);
  if ('mistake' in answer) throw refused(`PostgreSQL's parser says: ${answer.mistake}.`);
  return answer.statements.map(({ stmt, stmt_location: from = 0, stmt_len: length = 0 }) => ({
    tree: asMessage(stmt) ?? {},
    // Locations count bytes; a length of 0 stands for the rest of the text.
    sql: bytes.subarray(from, length === 0 ? undefined : from + length).toString(),
  }));
}

/** Whether two texts are the same statement to the parser, wherever their parts stand. */
export async function isSameTree(tree: unknown, text: string): Promise<boolean> {
  const statements = await parseStatements(text);
  return statements.length === 1 && withoutPlaces(statements[0]?.tree) === withoutPlaces(tree);
}

/** The tree of the only statement in a text. */
export async function treeOf(text: string): Promise<Message> {
  return (await parseStatements(text))[0]?.tree ?? {};
}

function withoutPlaces(tree: unknown): string {
  return JSON.stringify(tree, (name, value) =>
    /^(location|list_start|list_end|rexpr_list_start|rexpr_list_end)$/.test(name) ? undefined : value,
  );
}

function visitNode(node: Message, found: Found): void {
  const [kind, ...more] = Object.keys(node);
  if (kind === undefined) return;
  const body = asMessage(node[kind]);
  if (more.length > 0 || body === null) throw refused('the parser returned something unknown.');
  if (!allowedNodes.has(kind)) throw refused(sentences[kind] ?? `${kind} is not allowed.`);
  inspect(kind, body, found);
  visitFields(body, found);
}

function visitFields(body: Message, found: Found): void {
  for (const [name, value] of Object.entries(body)) {
    if (Array.isArray(value)) {
      for (const item of value) visitValue(name, item, found);
    } else visitValue(name, value, found);
  }
}

function visitValue(name: string, value: unknown, found: Found): void {
  const message = asMessage(value);
  if (message === null) return;
  const keys = Object.keys(message);
  // A node stands in its name, which begins with a capital; a field's name never does.
  if (keys.length === 0 || (keys.length === 1 && /^[A-Z]/.test(keys[0] ?? ''))) {
    visitNode(message, found);
    return;
  }
  if (!allowedMessages.has(name)) throw refused(sentences[name] ?? `${name} is not allowed.`);
  if (name === 'typeName') found.types.add(typeOf(message));
  visitFields(message, found);
}

function inspect(kind: string, body: Message, found: Found): void {
  if (kind === 'SelectStmt') inspectSelect(body);
  else if (kind === 'TypeCast') inspectCast(body);
  else if (kind === 'A_Const' && !castToOther.has(body)) refuseClock(body);
  else if (kind === 'FuncCall') found.functions.add(functionOf(namesIn(body.funcname)));
  else if (kind === 'A_Expr') addOperator(found, namesIn(body.name));
  else if (kind === 'SubLink') addOperator(found, namesIn(body.operName));
  else if (kind === 'SortBy' && body.useOp !== undefined) throw refused('ORDER BY … USING is not allowed.');
  else if (kind === 'RangeVar') found.tables.add(tableOf(body));
  else if (kind === 'CommonTableExpr') found.expressions.add(quoted([String(body.ctename)]));
  else if (kind === 'ColumnRef') {
    const names = namesIn(body.fields);
    if (names.length > 1) found.qualified.add(names.at(-1) ?? '');
  } else if (kind === 'A_Indirection' && namesIn(body.indirection).length > 0) {
    // PostgreSQL reads (0.5::float8).pg_sleep as pg_sleep(0.5): tried on 18.
    throw refused(
      'a field in parentheses, (…).name, is not allowed: it can call a function. Name the column.',
    );
  }
}

/** Types whose texts may name the clock, ranges of them included; a list of them has their name. */
const TIMES = /^(date|time|ts)/;

/** Constants that a cast makes something other than a time, which say nothing of the clock. */
const castToOther = new WeakSet<Message>();

function inspectCast(body: Message): void {
  const constant = castConstant(body);
  if (constant === null) return;
  if (TIMES.test(namesIn(asMessage(body.typeName)?.names).at(-1) ?? '')) refuseClock(constant);
  else castToOther.add(constant);
}

/** The constant at the bottom of casts; null where something else is cast. */
function castConstant(body: Message): Message | null {
  const arg = asMessage(body.arg);
  const below = asMessage(arg?.TypeCast);
  return below === null ? asMessage(arg?.A_Const) : castConstant(below);
}

/**
 * PostgreSQL reads these words as times wherever a text becomes one, and an uncast constant becomes what it is compared
 * with. Among the words of a time they come first or last: `04:05 today`, `now utc`. See its manual, "Special Values".
 */
function refuseClock(constant: Message): void {
  const text = asMessage(constant.sval)?.sval;
  if (typeof text !== 'string') return;
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  for (const word of [words.at(0), words.at(-1)]) {
    if (word === undefined || !/^(now|today|tomorrow|yesterday)$/.test(word)) continue;
    throw refused(
      `PostgreSQL reads the clock where a text with ${word} becomes a time: compare columns. Where it is no time, say what it is: '${word}'::text.`,
    );
  }
}

/** For a SELECT in a set operation, too: its halves have no node's name around them. */
function inspectSelect(body: Message): void {
  for (const clause of ['intoClause', 'lockingClause']) {
    if (body[clause] !== undefined) throw refused(sentences[clause] ?? clause);
  }
  for (const half of [body.larg, body.rarg]) {
    const select = asMessage(half);
    if (select !== null) inspectSelect(select);
  }
}

const sentences: Readonly<Record<string, string>> = {
  intoClause: 'SELECT … INTO writes a table.',
  lockingClause: 'FOR UPDATE and its kin lock rows of a live store.',
  InsertStmt: 'a WITH that inserts writes to the store.',
  UpdateStmt: 'a WITH that updates writes to the store.',
  DeleteStmt: 'a WITH that deletes writes to the store.',
  MergeStmt: 'a WITH that merges writes to the store.',
  SQLValueFunction: 'the clock, the user and the schema of the session are not allowed: compare columns.',
  ParamRef: 'it has a parameter ($1), and there is nothing to fill it with.',
  RangeTableSample: 'TABLESAMPLE reads other rows each time.',
};

function functionOf(names: readonly string[]): string {
  const [schema, name] = names.length === 2 ? names : ['pg_catalog', names[0]];
  if (schema === 'pg_catalog' && name !== undefined && names.length <= 2 && allowedFunctions.has(name))
    return name;
  throw refused(`function ${names.join('.')} is not on the list of functions that only compute.`);
}

function addOperator(found: Found, names: readonly string[]): void {
  const [schema, operator] = names.length === 2 ? names : ['pg_catalog', names[0]];
  if (operator === undefined) return;
  if (schema !== 'pg_catalog') throw refused(`operator ${names.join('.')} is not one of PostgreSQL's own.`);
  found.operators.add(operator);
}

function tableOf(body: Message): string {
  const schema = typeof body.schemaname === 'string' ? body.schemaname : null;
  const name = String(body.relname);
  if (body.catalogname !== undefined)
    throw refused(`${body.catalogname} is another database; name schema.table.`);
  const isSystem = schema === null ? name.startsWith('pg_') : /^(pg_.*|information_schema)$/.test(schema);
  if (isSystem)
    throw refused(
      `${schema === null ? name : `${schema}.${name}`} is PostgreSQL's own and no derived state.`,
    );
  return quoted(schema === null ? [name] : [schema, name]);
}

function typeOf(body: Message): string {
  const names = namesIn(body.names);
  if (names.length === 0 || body.setof === true || body.pct_type === true)
    throw refused('that kind of type is not allowed.');
  return quoted(names);
}

function hasColumn(select: unknown): boolean {
  const body = asMessage(select);
  if (body === null) return false;
  if (body.larg !== undefined) return hasColumn(body.larg);
  return Array.isArray(body.targetList) || Array.isArray(body.valuesLists);
}

/** The String nodes of a list, in order; others (a star) are passed over. */
function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    const text = asMessage(asMessage(item)?.String)?.sval;
    return typeof text === 'string' ? [text] : [];
  });
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');

function asMessage(value: unknown): Message | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : null;
}

export function refused(why: string): RepriseError {
  return new RepriseError('invariant-refused', `The invariant's SQL is refused: ${why}`, { where: 'query' });
}
