-- Statements of `feed.accept`, run by accepting.py in this order on the DuckDB connection of one batch.
-- `raw` (the readable rows as text) and `unreadable` (the others) are Arrow tables; `mapped` is a view that
-- compiling.py makes from the mapping. All conversions are TRY_CAST behind a regular expression, none is a float.

-- name: define_luhn_valid
-- why: a card number ends with a check digit. Zeros on the left change nothing, so one padded width serves all lengths.
--      Of 19 digits the even places are doubled, less 9 above 9; the two literals give each digit its value.
CREATE OR REPLACE TEMP MACRO luhn_valid(digits) AS
    list_sum(list_transform(range(1, 20), lambda place: instr(
        CASE WHEN place % 2 = 0 THEN '0516273849' ELSE '0123456789' END,
        substr(lpad(digits, 19, '0'), place, 1)
    ) - 1)) % 10 = 0;

-- name: define_digit_groups
-- why: the groups of digits in a run such as `6222 0200 0000 0000`
CREATE OR REPLACE TEMP MACRO digit_groups(run) AS regexp_extract_all(run, '[0-9]+');

-- name: define_group_windows
-- why: any neighboring groups may be the card number: `ref 12 6222 0200 0000 0000` holds one after the 12
CREATE OR REPLACE TEMP MACRO group_windows(groups) AS
    flatten(list_transform(range(1, len(groups) + 1), lambda first:
        list_transform(range(first, least(first + 18, len(groups)) + 1), lambda last:
            array_to_string(groups[first:last], ''))));

-- name: define_card_numbers
-- why: INV-13: runs of 13 to 19 digits, joined or in groups parted by up to two spaces or dashes, whose check digit holds
CREATE OR REPLACE TEMP MACRO card_numbers(words) AS
    list_filter(
        flatten(list_transform(
            regexp_extract_all(
                translate(words, '０１２３４５６７８９', '0123456789'),
                '[0-9](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9]){12,}'
            ),
            lambda run: group_windows(digit_groups(run))
        )),
        lambda digits: length(digits) BETWEEN 13 AND 19 AND luhn_valid(digits)
    );

-- name: part_rows
-- why: under which of several methodologies each row falls, by its business day; NULL: its time cannot be read
SELECT
    len(list_filter($edges::DATE[], lambda edge: edge <= (occurred_at + INTERVAL 8 HOUR)::DATE)) AS part,
    list(row_number ORDER BY row_number)
FROM mapped GROUP BY ALL;

-- name: judge
-- why: every readable row with its types, its keys and its one result code (NULL: accepted). `content` is what makes two
--      deliveries the same; it is also searched, once for all fields, for card numbers and control characters, and
--      therefore holds the text of a field that could not be read
CREATE OR REPLACE TABLE accepted AS
WITH typed AS (
    SELECT
        *,
        CASE WHEN regexp_full_match(mcc_text, '[0-9]{1,4}') THEN TRY_CAST(mcc_text AS SMALLINT) END AS mcc,
        CASE WHEN regexp_full_match(city_text, '[1-8][0-9]{5}') THEN TRY_CAST(city_text AS INTEGER) END AS city,
        CASE
            WHEN attributes_text IS NOT NULL AND strlen(attributes_text) <= 4 * $field_chars_max THEN CASE
                WHEN TRY(json_type(attributes_text)) = 'OBJECT' THEN list_sort(json_keys(attributes_text))
            END
        END AS facts
    FROM mapped
), canonical AS (
    SELECT
        *,
        -- One form for one content: sorted, without blanks and nulls. NULL when the names are not what they must be.
        CASE
            WHEN len(facts) <= $attributes_max THEN CASE
                WHEN list_unique(facts) = len(facts)
                    AND regexp_full_match(array_to_string(facts, ','), '([a-z][a-z0-9_]{0,63}(,|$))*')
                    THEN '{' || coalesce(array_to_string(list_transform(facts, lambda fact:
                        '"' || fact || '":' || nullif(json_extract(attributes_text, '/' || fact)::VARCHAR, 'null')
                    ), ','), '') || '}'
            END
        END AS attributes_json
    FROM typed
), worded AS (
    SELECT
        *,
        nullif(attributes_json, '{}') AS attributes,
        concat(
            source, chr(30), event_id, chr(30), kind, chr(30), original_event_id, chr(30), customer_ref, chr(30),
            card_ref, chr(30), card_product, chr(30), channel, chr(30), coalesce(occurred_at::VARCHAR, occurred_text),
            chr(30), coalesce(settled_on::VARCHAR, settled_text), chr(30), coalesce(amount_fen::VARCHAR, amount_text),
            chr(30), currency, chr(30), coalesce(mcc::VARCHAR, mcc_text), chr(30), merchant_id, chr(30), descriptor,
            chr(30), coalesce(city::VARCHAR, city_text), chr(30), service, chr(30),
            CASE WHEN attributes_json IS NULL THEN attributes_text ELSE nullif(attributes_json, '{}') END
        ) AS content
    FROM canonical
), suspected AS (
    SELECT
        *,
        regexp_matches(content, '[0-9０-９](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9０-９]){12}|[\x00-\x08\x0b\x0c\x0e-\x1d\x1f\x7f]')
            OR coalesce(regexp_matches(unused, '[0-9０-９](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9０-９]){12}|[\x00-\x08\x0b\x0c\x0e-\x1d\x1f\x7f]'), false) AS suspect
    FROM worded
), judged AS (
    SELECT
        *,
        CASE
            WHEN suspect AND regexp_matches(concat(content, unused), '[\x00-\x08\x0b\x0c\x0e-\x1d\x1f\x7f]') THEN 'bad_encoding'
            WHEN greatest(
                strlen(source), strlen(event_id), strlen(original_event_id), strlen(customer_ref),
                strlen(card_ref), strlen(merchant_id), strlen(service)
            ) > $id_chars_max AND greatest(
                length(source), length(event_id), length(original_event_id), length(customer_ref),
                length(card_ref), length(merchant_id), length(service)
            ) > $id_chars_max THEN 'field_too_long'
            WHEN strlen(content) > $field_chars_max AND greatest(
                length(descriptor), length(attributes_text), length(kind), length(channel), length(card_product),
                length(currency), length(occurred_text), length(settled_text), length(amount_text), length(mcc_text),
                length(city_text)
            ) > $field_chars_max THEN 'field_too_long'
            WHEN strlen(unused) > $unused_chars_max THEN 'field_too_long'
            WHEN suspect THEN CASE
                WHEN len(card_numbers(concat(content, chr(30), unused))) > 0 THEN 'pan_found'
            END
        END AS unkept
    FROM suspected
), coded AS (
    SELECT
        *,
        CASE
            WHEN unkept IS NOT NULL THEN unkept
            WHEN failed THEN 'payment_failed'
            WHEN source IS NULL OR event_id IS NULL OR kind IS NULL OR customer_ref IS NULL OR occurred_text IS NULL
                OR (kind = 'service_event' AND service IS NULL) THEN 'missing_field'
            WHEN NOT list_contains($kinds::VARCHAR[], kind) THEN 'unknown_kind'
            WHEN NOT list_contains($channels::VARCHAR[], channel) THEN 'unknown_channel'
            WHEN NOT list_contains($card_products::VARCHAR[], card_product) THEN 'unknown_card_product'
            WHEN occurred_at IS NULL OR (settled_on IS NULL AND settled_text IS NOT NULL) THEN 'bad_time'
            WHEN occurred_at > $latest THEN 'time_in_future'
            WHEN occurred_at < $earliest THEN 'time_too_old'
            WHEN amount_fen IS NULL AND NOT amount_too_large THEN 'bad_amount'
            WHEN amount_fen < 0 OR (amount_fen = 0 AND kind IN ('card_payment', 'card_refund'))
                THEN 'amount_not_positive'
            WHEN amount_too_large OR amount_fen > $amount_fen_max THEN 'amount_too_large'
            WHEN NOT regexp_full_match(currency, '[A-Z]{3}') THEN 'bad_currency'
            WHEN (mcc IS NULL AND mcc_text IS NOT NULL) OR mcc = 0 THEN 'bad_mcc'
            WHEN city IS NULL AND city_text IS NOT NULL THEN 'bad_city'
            WHEN attributes_text IS NOT NULL THEN CASE
                WHEN attributes_json IS NULL OR NOT regexp_full_match(
                    attributes_json,
                    '([{,]"[a-z][a-z0-9_]*":("([^"\\]|\\["\\/])*"|-?(0|[1-9][0-9]{0,17})|true|false))+\}|\{\}'
                ) THEN 'bad_attributes'
                WHEN len(list_filter(
                    list_zip(json_extract(attributes_json, $measured::VARCHAR[]), $measured_max::BIGINT[]),
                    lambda fact: fact[1] IS NOT NULL AND NOT coalesce(
                        regexp_full_match(fact[1]::VARCHAR, '[0-9]+') AND TRY_CAST(fact[1]::VARCHAR AS BIGINT) <= fact[2],
                        false
                    )
                )) > 0 THEN 'bad_attributes'
            END
        END AS written
    FROM judged
), decided AS (
    SELECT
        *,
        CASE
            WHEN written IS NOT NULL THEN written
            WHEN kind IN ('card_refund', 'card_reversal') AND ties IS NULL
                AND coalesce(original_event_id = event_id, true) THEN 'missing_original'
        END AS code
    FROM coded
)
SELECT
    row_number,
    substr(sha256(source || chr(31) || event_id), 1, 32)::UUID AS event_key,
    substr(sha256(content), 1, 32)::UUID AS content_key,
    source,
    event_id,
    kind,
    CASE
        WHEN kind IN ('card_refund', 'card_reversal')
            THEN substr(sha256(source || chr(31) || original_event_id), 1, 32)::UUID
    END AS original_key,
    CASE WHEN ties IS NOT NULL THEN substr(sha256(source || chr(31) || ties), 1, 32)::UUID END AS match_key,
    customer_ref,
    card_ref,
    card_product,
    channel,
    occurred_at,
    settled_on,
    amount_fen,
    currency,
    mcc,
    merchant_id,
    descriptor,
    city,
    service,
    attributes,
    code,
    CASE WHEN code IS NOT NULL THEN CASE code
        WHEN 'pan_found' THEN list_filter(
            [
                {'name': 'source', 'value': source},
                {'name': 'event_id', 'value': event_id},
                {'name': 'kind', 'value': kind},
                {'name': 'original_event_id', 'value': original_event_id},
                {'name': 'customer_ref', 'value': customer_ref},
                {'name': 'card_ref', 'value': card_ref},
                {'name': 'card_product', 'value': card_product},
                {'name': 'channel', 'value': channel},
                {'name': 'occurred_at', 'value': CASE WHEN occurred_at IS NULL THEN occurred_text END},
                {'name': 'settled_on', 'value': CASE WHEN settled_on IS NULL THEN settled_text END},
                {'name': 'amount_fen', 'value': coalesce(amount_fen::VARCHAR, amount_text)},
                {'name': 'currency', 'value': currency},
                {'name': 'mcc', 'value': mcc_text},
                {'name': 'merchant_id', 'value': merchant_id},
                {'name': 'descriptor', 'value': descriptor},
                {'name': 'city', 'value': city_text},
                {'name': 'service', 'value': service},
                {'name': 'attributes', 'value': coalesce(attributes_json, attributes_text)}
            ],
            lambda field: len(card_numbers(field.value)) > 0
        )[1].name
        WHEN 'field_too_long' THEN CASE
            WHEN length(source) > $id_chars_max THEN 'source'
            WHEN length(event_id) > $id_chars_max THEN 'event_id'
            WHEN length(original_event_id) > $id_chars_max THEN 'original_event_id'
            WHEN length(customer_ref) > $id_chars_max THEN 'customer_ref'
            WHEN length(card_ref) > $id_chars_max THEN 'card_ref'
            WHEN length(merchant_id) > $id_chars_max THEN 'merchant_id'
            WHEN length(service) > $id_chars_max THEN 'service'
            WHEN length(descriptor) > $field_chars_max THEN 'descriptor'
            WHEN length(attributes_text) > $field_chars_max THEN 'attributes'
            WHEN length(kind) > $field_chars_max THEN 'kind'
            WHEN length(channel) > $field_chars_max THEN 'channel'
            WHEN length(card_product) > $field_chars_max THEN 'card_product'
            WHEN length(currency) > $field_chars_max THEN 'currency'
            WHEN length(occurred_text) > $field_chars_max THEN 'occurred_at'
            WHEN length(settled_text) > $field_chars_max THEN 'settled_on'
            WHEN length(amount_text) > $field_chars_max THEN 'amount_fen'
            WHEN length(mcc_text) > $field_chars_max THEN 'mcc'
            WHEN length(city_text) > $field_chars_max THEN 'city'
        END
        WHEN 'missing_field' THEN CASE
            WHEN source IS NULL THEN 'source'
            WHEN event_id IS NULL THEN 'event_id'
            WHEN kind IS NULL THEN 'kind'
            WHEN customer_ref IS NULL THEN 'customer_ref'
            WHEN occurred_text IS NULL THEN 'occurred_at'
            ELSE 'service'
        END
        WHEN 'unknown_kind' THEN 'kind'
        WHEN 'unknown_channel' THEN 'channel'
        WHEN 'unknown_card_product' THEN 'card_product'
        WHEN 'bad_time' THEN CASE WHEN occurred_at IS NULL THEN 'occurred_at' ELSE 'settled_on' END
        WHEN 'time_in_future' THEN 'occurred_at'
        WHEN 'time_too_old' THEN 'occurred_at'
        WHEN 'bad_amount' THEN 'amount_fen'
        WHEN 'amount_not_positive' THEN 'amount_fen'
        WHEN 'amount_too_large' THEN 'amount_fen'
        WHEN 'bad_currency' THEN 'currency'
        WHEN 'bad_mcc' THEN 'mcc'
        WHEN 'bad_city' THEN 'city'
        WHEN 'bad_attributes' THEN 'attributes'
        WHEN 'missing_original' THEN 'original_event_id'
    END END AS field,
    CASE WHEN code IS NOT NULL THEN left(CASE code
        WHEN 'unknown_kind' THEN kind
        WHEN 'unknown_channel' THEN channel
        WHEN 'unknown_card_product' THEN card_product
        WHEN 'bad_time' THEN CASE WHEN occurred_at IS NULL THEN occurred_text ELSE settled_text END
        WHEN 'time_in_future' THEN occurred_text
        WHEN 'time_too_old' THEN occurred_text
        WHEN 'bad_amount' THEN amount_text
        WHEN 'amount_not_positive' THEN amount_text
        WHEN 'amount_too_large' THEN amount_text
        WHEN 'bad_currency' THEN currency
        WHEN 'bad_mcc' THEN mcc_text
        WHEN 'bad_city' THEN city_text
        WHEN 'bad_attributes' THEN attributes_text
        WHEN 'missing_original' THEN original_event_id
    END, $shown_value_chars_max) END AS detail
FROM decided;

-- name: reject
-- why: every row that may not go on, with its one code. Of a row that may hold a card number, no value is kept, and no
--      key either: a hash of a card number is a card number
CREATE OR REPLACE TABLE rejected AS
SELECT row_number, code, CAST(NULL AS VARCHAR) AS field, detail, CAST(NULL AS VARCHAR) AS event_id,
    CAST(NULL AS UUID) AS event_key
FROM unreadable
UNION ALL
SELECT
    row_number,
    code,
    field,
    CASE WHEN code IN ('field_too_long', 'pan_found') AND field IS NULL
        THEN 'in a column that the mapping does not use' ELSE detail
    END,
    CASE WHEN shown THEN event_id END,
    CASE WHEN shown THEN event_key END
FROM (
    SELECT
        *,
        CASE WHEN code IN ('bad_encoding', 'field_too_long', 'pan_found')
            THEN length(event_id) <= $id_chars_max AND NOT regexp_matches(event_id, '[0-9０-９](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9０-９]){12}|[\x00-\x08\x0b\x0c\x0e-\x1d\x1f\x7f]')
            ELSE true
        END AS shown
    FROM accepted
    WHERE code IS NOT NULL
)
ORDER BY row_number;

-- name: find_repeated
-- why: INV-02 inside the chunk: of rows with one event key the first stands. The others are duplicates when their content
--      is that of the first, else conflicts
CREATE OR REPLACE TABLE repeated AS
SELECT row_number, event_key, content_key, event_id, first_row, content_key = first_content AS same
FROM (
    SELECT
        row_number,
        event_key,
        content_key,
        event_id,
        first_value(row_number) OVER delivered AS first_row,
        first_value(content_key) OVER delivered AS first_content
    FROM accepted
    WHERE code IS NULL AND event_key IN (
        SELECT event_key FROM accepted WHERE code IS NULL GROUP BY event_key HAVING count(*) > 1
    )
    WINDOW delivered AS (PARTITION BY event_key ORDER BY row_number)
)
WHERE row_number <> first_row;

-- name: keep_duplicates
-- why: the same event again is a no-op, and is counted
CREATE OR REPLACE TABLE duplicate AS
SELECT row_number, event_key, content_key, event_id, first_row FROM repeated WHERE same ORDER BY row_number;

-- name: keep_conflicts
-- why: the same id with other content is recorded and never applied
CREATE OR REPLACE TABLE conflict AS
SELECT event_key, content_key, row_number, event_id FROM repeated WHERE NOT same ORDER BY row_number;

-- name: remove_refused
-- why: what is left is what goes on
DELETE FROM accepted WHERE code IS NOT NULL OR row_number IN (SELECT row_number FROM repeated);

-- name: place_refunds
-- why: a feed without references: payments and refunds with the same fields, each refund with its place among the payments
--      before it. One of the same minute is before it, too
CREATE OR REPLACE TABLE placed AS
SELECT
    row_number,
    event_key,
    match_key,
    kind = 'card_payment' AS paid,
    amount_fen,
    occurred_at,
    count(*) FILTER (kind = 'card_payment') OVER (
        PARTITION BY match_key ORDER BY occurred_at, kind <> 'card_payment', row_number
    ) AS place
FROM accepted
WHERE kind <> 'service_event' AND original_key IS NULL AND match_key IN (
    SELECT match_key FROM accepted WHERE kind IN ('card_refund', 'card_reversal') AND original_key IS NULL
);

-- name: begin_ties
-- why: nothing is tied yet
CREATE OR REPLACE TABLE tied (event_key UUID, original_key UUID, amount_fen BIGINT);

-- name: tie_refunds
-- why: a refund belongs to the latest payment before it that has its amount left, looked for among the last
--      $refund_candidates_max of them so that one busy merchant costs no more than many. Refunds of one payment are
--      counted in order and never exceed it; those that do not fit look further back in the next round
INSERT INTO tied
WITH used AS (
    SELECT original_key, sum(amount_fen) AS amount_fen FROM tied GROUP BY original_key
), payment AS (
    SELECT placed.event_key, match_key, place, placed.amount_fen - coalesce(used.amount_fen, 0) AS left_fen
    FROM placed LEFT JOIN used ON placed.event_key = used.original_key
    WHERE paid
), refund AS (
    SELECT *, unnest(range(place, greatest(place - $refund_candidates_max, 0), -1)) AS candidate
    FROM placed
    WHERE NOT paid AND event_key NOT IN (SELECT event_key FROM tied)
), found AS (
    SELECT refund.event_key, refund.amount_fen, refund.occurred_at, refund.row_number,
        payment.event_key AS original_key, payment.left_fen
    FROM refund
    JOIN payment ON payment.match_key = refund.match_key AND payment.place = refund.candidate
        AND payment.left_fen >= refund.amount_fen
    QUALIFY row_number() OVER (PARTITION BY refund.row_number ORDER BY refund.candidate DESC) = 1
)
SELECT event_key, original_key, amount_fen
FROM found
QUALIFY sum(amount_fen) OVER (PARTITION BY original_key ORDER BY occurred_at, row_number) <= left_fen;

-- name: apply_ties
-- why: the refunds that found their payment now name it, as if the feed had
UPDATE accepted SET original_key = tied.original_key FROM tied WHERE accepted.event_key = tied.event_key;

-- name: drop_code
-- why: `accepted` has exactly the columns of the contract between the stages
ALTER TABLE accepted DROP COLUMN code;

-- name: drop_field
-- why: as above
ALTER TABLE accepted DROP COLUMN field;

-- name: drop_detail
-- why: as above
ALTER TABLE accepted DROP COLUMN detail;

-- name: tally
-- why: INV-01: every row that was read is in exactly one of these counts
SELECT 'accepted' AS code, count(*) AS counted FROM accepted
UNION ALL SELECT 'duplicate', count(*) FROM duplicate
UNION ALL SELECT 'conflict', count(*) FROM conflict
UNION ALL SELECT code, count(*) FROM rejected GROUP BY code;

-- name: digest_accepted
-- why: one fingerprint of the set of accepted events, whatever the format of the file and the order of its rows were. The
--      keys are hashes already and no two are the same, so adding them up is enough to compare runs
SELECT sha256(concat_ws(
    ' ',
    count(*),
    bit_xor(content_key::UHUGEINT),
    sum((content_key::UHUGEINT >> 64)::UBIGINT),
    sum((content_key::UHUGEINT & 18446744073709551615)::UBIGINT)
))
FROM accepted;

-- name: collect_refused
-- why: what is sent back to the bank: rejected rows, and conflicts, which somebody must look at, too. The values of rows
--      that were stopped before they were searched for card numbers, or because of one, are `unchecked`
CREATE OR REPLACE TEMP VIEW refused AS
SELECT row_number, code, field, message.zh AS message_zh, message.en AS message_en,
    code IN ('malformed_row', 'line_too_long', 'bad_encoding', 'field_too_long', 'pan_found') AS unchecked
FROM (
    SELECT row_number, code, field FROM rejected
    UNION ALL
    SELECT row_number, 'conflict', NULL FROM conflict
)
JOIN messages AS message USING (code);
