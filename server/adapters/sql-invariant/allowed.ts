/**
 * What a contract's SQL may be made of. Lists of what is allowed, since a list of what is forbidden is never
 * complete: PostgreSQL 18 has over 3,000 functions, and a server's extensions add their own.
 */

/** Parse-tree nodes (libpg_query's names), each of which only reads and computes. */
export const allowedNodes: ReadonlySet<string> = new Set([
  ...[
    'SelectStmt',
    'ResTarget',
    'ColumnRef',
    'A_Star',
    'A_Const',
    'A_Expr',
    'A_ArrayExpr',
    'A_Indirection',
    'A_Indices',
  ],
  ...['BoolExpr', 'NullTest', 'BooleanTest', 'CaseExpr', 'CaseWhen', 'CoalesceExpr', 'MinMaxExpr', 'RowExpr'],
  ...[
    'FuncCall',
    'NamedArgExpr',
    'WindowDef',
    'GroupingFunc',
    'GroupingSet',
    'SubLink',
    'TypeCast',
    'CollateClause',
  ],
  ...['RangeVar', 'RangeSubselect', 'RangeFunction', 'JoinExpr', 'CommonTableExpr', 'SortBy'],
  ...['String', 'Integer', 'Float', 'Boolean', 'BitString', 'List'],
]);

/** Fields that hold a message without its node's name around it. Any other such field is refused. */
export const allowedMessages: ReadonlySet<string> = new Set([
  ...['larg', 'rarg', 'withClause', 'alias', 'join_using_alias', 'over', 'typeName'],
  ...['ival', 'fval', 'sval', 'bsval', 'boolval'],
]);

/** Functions and aggregates of pg_catalog whose result follows from their arguments and the rows alone. */
export const allowedFunctions: ReadonlySet<string> = new Set([
  // Aggregates.
  ...['count', 'sum', 'avg', 'min', 'max', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or', 'bit_xor'],
  ...['array_agg', 'string_agg', 'json_agg', 'jsonb_agg', 'json_object_agg', 'jsonb_object_agg', 'any_value'],
  ...[
    'stddev',
    'stddev_pop',
    'stddev_samp',
    'variance',
    'var_pop',
    'var_samp',
    'corr',
    'covar_pop',
    'covar_samp',
  ],
  ...['mode', 'percentile_cont', 'percentile_disc'],
  // Window functions.
  ...['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile', 'lag', 'lead'],
  ...['first_value', 'last_value', 'nth_value'],
  // Numbers.
  ...[
    'abs',
    'ceil',
    'ceiling',
    'floor',
    'round',
    'trunc',
    'sign',
    'mod',
    'div',
    'power',
    'sqrt',
    'exp',
    'ln',
    'log',
  ],
  ...['gcd', 'lcm', 'scale', 'trim_scale', 'width_bucket', 'int4', 'int8', 'float8', 'numeric'],
  // Text.
  ...['lower', 'upper', 'initcap', 'length', 'char_length', 'character_length', 'octet_length', 'bit_length'],
  ...[
    'btrim',
    'ltrim',
    'rtrim',
    'substring',
    'substr',
    'left',
    'right',
    'replace',
    'translate',
    'split_part',
  ],
  ...[
    'concat',
    'concat_ws',
    'position',
    'strpos',
    'overlay',
    'starts_with',
    'reverse',
    'ascii',
    'chr',
    'to_hex',
  ],
  ...[
    'regexp_like',
    'regexp_replace',
    'regexp_match',
    'regexp_count',
    'like_escape',
    'similar_to_escape',
    'text',
  ],
  ...['md5', 'sha256', 'encode', 'decode', 'normalize', 'is_normalized', 'quote_literal', 'quote_ident'],
  // Times. None that reads the clock: an invariant that passes today must be able to pass on the same rows tomorrow.
  ...[
    'date_trunc',
    'date_part',
    'extract',
    'date_bin',
    'timezone',
    'overlaps',
    'isfinite',
    'date',
    'to_timestamp',
  ],
  ...[
    'to_char',
    'to_date',
    'to_number',
    'make_date',
    'make_time',
    'make_timestamp',
    'make_timestamptz',
    'make_interval',
  ],
  ...['justify_days', 'justify_hours', 'justify_interval'],
  // JSON.
  ...['json_array_length', 'jsonb_array_length', 'json_array_elements', 'jsonb_array_elements'],
  ...['json_array_elements_text', 'jsonb_array_elements_text', 'json_each', 'jsonb_each', 'json_each_text'],
  ...['jsonb_each_text', 'json_object_keys', 'jsonb_object_keys', 'json_typeof', 'jsonb_typeof'],
  ...['json_extract_path', 'jsonb_extract_path', 'json_extract_path_text', 'jsonb_extract_path_text'],
  ...[
    'json_build_object',
    'jsonb_build_object',
    'json_build_array',
    'jsonb_build_array',
    'to_json',
    'to_jsonb',
  ],
  ...['row_to_json', 'jsonb_strip_nulls'],
  // Arrays, ranges, rows.
  ...['unnest', 'cardinality', 'array_length', 'array_ndims', 'array_lower', 'array_upper', 'array_position'],
  ...['array_positions', 'array_remove', 'array_append', 'array_prepend', 'array_cat', 'array_to_string'],
  ...[
    'string_to_array',
    'isempty',
    'lower_inc',
    'upper_inc',
    'lower_inf',
    'upper_inf',
    'num_nulls',
    'num_nonnulls',
  ],
  // Rows from nothing: needed to find gaps, bounded by time-out and row cap.
  ...['generate_series', 'generate_subscripts'],
]);
