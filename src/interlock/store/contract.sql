-- The data contract as SQL: the twin of contract.py (a test holds them together).
-- Times are UTC. Money is in the currency of the order. Keys are text, unique per source.
-- A table stands after the tables it points to. PostgreSQL and DuckDB both take this file.

CREATE TABLE teams (
    team_id TEXT PRIMARY KEY,
    name TEXT,
    function TEXT NOT NULL,
    site_id TEXT,
    parent_id TEXT,
    headcount INT
);
CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    name TEXT,
    segment TEXT,
    region TEXT,
    use_case TEXT,
    since DATE,
    ended_at DATE,
    annual_margin DECIMAL(18,2),
    url TEXT
);
CREATE TABLE products (
    product_id TEXT PRIMARY KEY,
    family TEXT,
    name TEXT,
    configuration TEXT,
    version TEXT,
    available_from DATE,
    retired_at DATE,
    unit_margin DECIMAL(18,2),
    billing_code TEXT,
    list_price DECIMAL(18,2)
);
CREATE TABLE contacts (
    contact_id TEXT PRIMARY KEY,
    account_id TEXT,
    may_contact BOOLEAN,
    opted_out_at TIMESTAMP,
    lang TEXT,
    region TEXT
);
CREATE TABLE deals (
    deal_id TEXT PRIMARY KEY,
    account_id TEXT,
    team_id TEXT,
    created_at TIMESTAMP,
    closed_at TIMESTAMP,
    outcome TEXT,
    amount DECIMAL(18,2),
    product_id TEXT,
    rival TEXT,
    loss_reason_rep TEXT,
    loss_reason_buyer TEXT
);
CREATE TABLE campaigns (
    campaign_id TEXT PRIMARY KEY,
    name TEXT,
    product_id TEXT,
    team_id TEXT,
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    committed_spend DECIMAL(18,2),
    cancel_by DATE,
    message TEXT,
    audience TEXT,
    channel TEXT,
    public_at TIMESTAMP
);
CREATE TABLE batches (
    batch_id TEXT PRIMARY KEY,
    product_id TEXT,
    site_id TEXT,
    line TEXT,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    planned_qty DECIMAL(18,3),
    good_qty DECIMAL(18,3),
    unit_cost DECIMAL(18,2),
    change_ref TEXT
);
CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    account_id TEXT REFERENCES accounts,
    ordered_at TIMESTAMP NOT NULL,
    channel TEXT,
    team_id TEXT,
    deal_id TEXT,
    status TEXT,
    currency TEXT
);
CREATE TABLE order_lines (
    line_id TEXT PRIMARY KEY,
    order_id TEXT REFERENCES orders,
    product_id TEXT REFERENCES products,
    quantity DECIMAL(18,3) NOT NULL,
    amount DECIMAL(18,2),
    requested_at TIMESTAMP,
    promised_at TIMESTAMP,
    shipped_at TIMESTAMP,
    delivered_at TIMESTAMP,
    batch_id TEXT,
    site_id TEXT
);
CREATE TABLE signals (
    signal_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    account_id TEXT,
    contact_id TEXT,
    line_id TEXT,
    product_id TEXT,
    channel TEXT,
    lang TEXT,
    rating DOUBLE,
    rating_max DOUBLE,
    title TEXT,
    body TEXT,
    reason TEXT,
    resolution TEXT,
    first_reply_at TIMESTAMP,
    resolved_at TIMESTAMP,
    reopened INT,
    quantity DECIMAL(18,3),
    cost DECIMAL(18,2),
    team_id TEXT,
    url TEXT
);
CREATE TABLE promises (
    promise_id TEXT PRIMARY KEY,
    deal_id TEXT,
    campaign_id TEXT,
    launch_key TEXT,
    product_id TEXT,
    kind TEXT NOT NULL,
    text TEXT,
    due_at TIMESTAMP,
    quantity DECIMAL(18,3),
    price DECIMAL(18,2),
    made_at TIMESTAMP,
    made_by_team TEXT,
    kept BOOLEAN
);
CREATE TABLE touches (
    touch_id TEXT PRIMARY KEY,
    contact_id TEXT,
    account_id TEXT,
    team_id TEXT,
    touched_at TIMESTAMP NOT NULL,
    channel TEXT,
    campaign_id TEXT,
    response TEXT
);
CREATE TABLE capacity (
    site_id TEXT,
    family TEXT,
    week DATE,
    capacity_qty DECIMAL(18,3),
    committed_qty DECIMAL(18,3),
    lead_time_p50_days DOUBLE,
    lead_time_p80_days DOUBLE,
    PRIMARY KEY (site_id, family, week)
);
CREATE TABLE invoices (
    invoice_id TEXT PRIMARY KEY,
    order_id TEXT,
    account_id TEXT,
    issued_at TIMESTAMP,
    amount DECIMAL(18,2),
    due_at DATE,
    paid_at DATE,
    disputed BOOLEAN,
    dispute_reason TEXT,
    credited DECIMAL(18,2)
);
CREATE TABLE events (
    event_id TEXT PRIMARY KEY,
    activity TEXT NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    team_id TEXT,
    system TEXT
);
CREATE TABLE event_objects (
    event_id TEXT,
    object_type TEXT,
    object_id TEXT,
    PRIMARY KEY (event_id, object_type, object_id)
);
