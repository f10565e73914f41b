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
-- event_id in another row. `aggregatetype` names the topic: inventory.events. Columns that are not the router's own travel as headers (see connector.ts).
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
  stalled boolean not null default false,
  -- A release that parks nothing that it can't decode: it stands still before it, and tries again.
  halts boolean not null default false,
  -- Its database takes so much longer for each batch, as one that is overloaded does.
  delay_ms integer not null default 0,
  -- It is killed in the middle of its next batch, before the commit.
  crashes boolean not null default false,
  -- The release that reads every version there is, `npm run demo -- upgrade`.
  upgraded boolean not null default false
);

-- Orders: sagas with a history and an outbox of their own. What they reserve is in their own books, and touches no
-- stock above.

create table orders (
  order_id text primary key,
  article text not null,
  quantity integer not null check (quantity > 0),
  total_cents integer not null check (total_cents > 0),
  -- What will become of it: see story/order-story.ts.
  course text not null,
  -- Facts so far; travels with each event as its sequence.
  facts integer not null,
  placed_at timestamptz not null,
  -- When its next step is to be done; null: nothing is to come.
  due_at timestamptz
);
create index on orders (due_at) where due_at is not null;

-- As the outbox above. `written_at` is the server's own time, by which an event that never arrives is missed.
create table order_outbox (
  publication bigint generated always as identity primary key,
  event_id uuid not null unique,
  aggregatetype text not null,
  aggregateid text not null,
  event_type text not null,
  event_version integer not null,
  sequence integer not null,
  payload jsonb not null,
  occurred_at timestamptz not null,
  record_time timestamp not null,
  written_at timestamptz not null default clock_timestamp()
);

create table order_state (
  order_id text primary key,
  status text not null,
  total_cents integer not null,
  facts integer not null
);

-- Where a service that answers over HTTP does so now: it chooses its port when it starts.
create table service_addresses (
  service text primary key,
  url text not null,
  since timestamptz not null default now()
);
