-- The account service: an event table that is the truth, and one projection of it.

create table account_events (
  position bigint generated always as identity primary key,
  -- Positions are given when a row is written and become visible at commit, in another order: a reader that
  -- orders by (transaction_id, position) and stays below the oldest running transaction misses no row.
  transaction_id xid8 not null default pg_current_xact_id(),
  event_id uuid not null unique,
  account text not null,
  type text not null,
  version integer not null,
  data jsonb not null,
  -- Whose personal data stand encrypted in `data`; null where none do.
  subject text,
  occurred_at timestamptz not null
);
create index on account_events (transaction_id, position);
create index on account_events (account);
create index on account_events ((data ->> 'to')) where type = 'MoneyTransferred';

-- One AES-256-GCM key a subject. Deleting it forgets the subject in every event, backups of the events included.
create table subject_keys (
  subject text primary key,
  key bytea not null check (length(key) = 32),
  created_at timestamptz not null default now()
);

create table account_balances (
  account text primary key,
  balance_cents integer not null,
  status text not null
);

create table applied_cursor (
  projector text primary key,
  transaction_id xid8 not null,
  position bigint not null
);

create table projector_control (
  projector text primary key,
  stalled boolean not null default false
);
