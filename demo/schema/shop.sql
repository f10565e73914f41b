-- The order and stock service's own tables.

create table stock (
  sku text primary key,
  on_hand integer not null check (on_hand >= 0),
  reserved integer not null check (reserved >= 0 and reserved <= on_hand),
  -- Grows by one with each fact about this SKU; travels with the event as its sequence.
  version integer not null
);

create table stock_movements (
  movement bigint generated always as identity primary key,
  event_id uuid not null unique,
  sku text not null references stock,
  fact text not null,
  on_hand_change integer not null,
  reserved_change integer not null,
  reference text,
  occurred_at timestamptz not null
);
create index on stock_movements (sku);

-- The outbox, in the layout of Debezium's event router. One row is one publication: a retry publishes the same
-- event_id in another row. Columns that are not the router's own travel as headers (see connector.ts).
create table outbox (
  publication bigint generated always as identity primary key,
  event_id uuid not null,
  aggregatetype text not null,
  aggregateid text not null,
  event_type text not null,
  event_version integer not null,
  sequence integer not null,
  payload jsonb not null,
  occurred_at timestamptz not null,
  -- The same moment in UTC without a zone: the only form that the router takes for a record's timestamp.
  record_time timestamp not null,
  -- When the row was written, by this server's clock; what happened may be older.
  written_at timestamptz not null default clock_timestamp()
);
create index on outbox (event_id);

-- The projectors' tables: three derived states, and what each has applied. In a larger shop these would be
-- three databases; nothing here joins them.

create table inventory_state (
  sku text primary key,
  quantity integer not null,
  reserved integer not null
);

create table selling_state (
  sku text primary key,
  quantity integer not null,
  reserved integer not null
);

create table warehouse_state (
  sku text primary key,
  quantity integer not null
);

create table applied_positions (
  projector text not null,
  partition integer not null,
  next_offset bigint not null,
  primary key (projector, partition)
);

create table processed_events (
  projector text not null,
  event_id text not null,
  primary key (projector, event_id)
);

-- `npm run demo -- stall` sets a row here; the projector looks before every batch.
create table projector_control (
  projector text primary key,
  stalled boolean not null default false
);
