-- What this store is; one row.
CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL -- random, made with the store: positions of another epoch mean nothing here
) STRICT;

-- A mailbox and its servers: the user's own settings.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL, -- as the user wrote it
    address_key TEXT NOT NULL UNIQUE, -- lower case
    login TEXT NOT NULL,
    imap_host TEXT NOT NULL,
    imap_port INTEGER NOT NULL,
    smtp_host TEXT NOT NULL,
    smtp_port INTEGER NOT NULL,
    tls_authorities TEXT NOT NULL DEFAULT '', -- PEM: trusted for this account's servers beside the public ones
    anchors TEXT NOT NULL DEFAULT '', -- PEM: trusted for its receipts beside the PEC authorities
    added_at INTEGER NOT NULL -- milliseconds since 1970, like every time here
) STRICT;

-- A login that a server refused: nothing tries again until the password changes or the user asks.
CREATE TABLE login_refusal (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    protocol TEXT NOT NULL CHECK (protocol IN ('imap', 'smtp')),
    at INTEGER NOT NULL,
    answer TEXT NOT NULL DEFAULT '', -- the server's words
    password INTEGER NOT NULL, -- 16 bits of a slow digest: tells whether the password has changed since
    PRIMARY KEY (account, protocol)
) STRICT;

-- A folder of a mailbox, and how far it is stored.
CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL, -- as on the wire
    uid_validity INTEGER NOT NULL,
    next_uid INTEGER NOT NULL DEFAULT 1, -- the cursor: every message below is stored
    alerts_from INTEGER NOT NULL, -- UIDNEXT when first opened: what lies below makes state, not alerts
    highest_modseq INTEGER NOT NULL DEFAULT 0, -- RFC 7162; 0 where the server has none
    proven_at INTEGER NOT NULL DEFAULT 0, -- begin of the last complete fetch; 0 for never
    UNIQUE (account, name)
) STRICT;

-- A message as it was received, and what was found in it. All but digest, size, first_seen and backlog is derived.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    digest BLOB NOT NULL, -- SHA-256 of the raw bytes
    size INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    backlog INTEGER NOT NULL DEFAULT 0, -- 1: lay in the mailbox before the account was added
    rules INTEGER NOT NULL, -- the version of the rules that gave the verdict
    evidence BLOB NOT NULL, -- digest of the signed content (EvidenceDigest)
    kind TEXT NOT NULL,
    verdict TEXT NOT NULL,
    notes TEXT NOT NULL DEFAULT '', -- words, separated by a space
    implausible INTEGER NOT NULL DEFAULT 0, -- 1: trusted, but its signing time cannot be true
    sender TEXT NOT NULL DEFAULT '', -- certified sender where there is one, else From
    subject TEXT NOT NULL DEFAULT '', -- likewise
    time INTEGER NOT NULL DEFAULT 0, -- likewise; 0 for unknown
    time_offset INTEGER NOT NULL DEFAULT 0, -- seconds east of UTC, as the provider wrote it
    UNIQUE (account, digest)
) STRICT;
CREATE INDEX message_by_time ON message (time);
-- What is judged again once the rules have changed.
CREATE INDEX message_by_rules ON message (account, rules) WHERE verdict <> 'trusted';

-- The bytes of a message, apart from the rows that lists read.
CREATE TABLE raw (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
) STRICT;

-- What a message carries, for lists; derived.
CREATE TABLE attachment (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- from 1, in the order of the message
    part TEXT NOT NULL, -- as IMAP numbers parts
    name TEXT NOT NULL DEFAULT '',
    type TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0, -- decoded bytes
    PRIMARY KEY (message, position)
) STRICT;

-- Where a message lies on the server; one message may have several places.
CREATE TABLE place (
    folder INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    uid_validity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    PRIMARY KEY (folder, uid_validity, uid)
) STRICT;
CREATE INDEX place_by_message ON place (message);

-- One sent message with all its recipients' states.
CREATE TABLE shipment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    reference TEXT NOT NULL, -- the Message-ID it was submitted with; '' where an imported one's is not certified
    sender TEXT NOT NULL, -- From, or the certified sender
    sender_key TEXT NOT NULL, -- lower case
    origin TEXT NOT NULL CHECK (origin IN ('sent', 'imported')), -- from here, or known by its acceptance only
    subject TEXT NOT NULL DEFAULT '',
    submitted_at INTEGER NOT NULL DEFAULT 0, -- when its submission began here; 0 for imported ones
    state TEXT NOT NULL DEFAULT '', -- derived: of the worst recipient; '' while there is none
    pending INTEGER NOT NULL DEFAULT 0, -- derived: 1 while more is awaited for a recipient
    contradictory INTEGER NOT NULL DEFAULT 0 -- derived: 1 if the evidence on a recipient contradicts itself
) STRICT;
CREATE UNIQUE INDEX shipment_by_reference ON shipment (account, sender_key, reference) WHERE reference <> '';

-- The provider's ids of a shipment; two of them mean that it was sent twice.
CREATE TABLE dispatch (
    shipment INTEGER NOT NULL REFERENCES shipment (id) ON DELETE CASCADE,
    envelope TEXT NOT NULL, -- <identificativo>
    PRIMARY KEY (shipment, envelope)
) STRICT;
CREATE INDEX dispatch_by_envelope ON dispatch (envelope);

-- What is known of one recipient: an element of the join of core/pec's delivery.
CREATE TABLE recipient (
    shipment INTEGER NOT NULL REFERENCES shipment (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL, -- lower case
    state TEXT NOT NULL,
    since INTEGER NOT NULL DEFAULT 0, -- certified time; 0 for none
    since_offset INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '', -- postacert/@errore of the failure
    error_text TEXT NOT NULL DEFAULT '', -- <errore-esteso>
    evidence BLOB NOT NULL DEFAULT x'', -- EvidenceDigest of what proves the state; empty while only submitted
    seen TEXT NOT NULL DEFAULT '', -- every state that evidence has claimed, separated by a space
    PRIMARY KEY (shipment, address_key)
) STRICT;

-- Trusted receipts by what they speak of. The evidence itself is read again from the bytes.
CREATE TABLE evidence (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    reference TEXT NOT NULL DEFAULT '', -- <msgid>
    dispatch TEXT NOT NULL, -- <identificativo>
    sender_key TEXT NOT NULL, -- <mittente>, lower case
    recipient_key TEXT NOT NULL DEFAULT '', -- whom it speaks of, lower case; '' for all or several
    shipment INTEGER REFERENCES shipment (id) ON DELETE CASCADE -- NULL: parked until one founds the shipment
) STRICT;
CREATE INDEX evidence_parked ON evidence (account, sender_key, reference) WHERE shipment IS NULL;
CREATE INDEX evidence_by_shipment ON evidence (shipment);

-- What a notification is raised for. The identity is the same on every device, the position only here.
CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    identity BLOB NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    shipment INTEGER REFERENCES shipment (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL DEFAULT '',
    message INTEGER REFERENCES message (id) ON DELETE CASCADE,
    UNIQUE (account, identity)
) STRICT;

-- Who reads events, and how far each has acknowledged.
CREATE TABLE consumer (
    name TEXT PRIMARY KEY,
    acknowledged INTEGER NOT NULL DEFAULT 0 -- position
) STRICT;

-- What waits to be sent, and the journal of sending it: with the user's settings, all that exists nowhere else.
CREATE TABLE outbox (
    shipment INTEGER PRIMARY KEY REFERENCES shipment (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('draft', 'waiting', 'submitting', 'uncertain', 'submitted', 'rejected')),
    raw BLOB NOT NULL, -- the message as it is submitted, CRLF
    recipients TEXT NOT NULL, -- of the SMTP envelope, one a line
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0, -- not before; 0 for at once
    dot INTEGER NOT NULL DEFAULT 0, -- 1 while submitting: the final dot may have gone out
    answer TEXT NOT NULL DEFAULT '', -- the server's last words
    installation TEXT NOT NULL, -- where it was written; a restored backup has another
    replaces INTEGER REFERENCES shipment (id) ON DELETE SET NULL -- the message that this one is sent again for
) STRICT;
