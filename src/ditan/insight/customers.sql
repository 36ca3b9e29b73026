-- name: read_customer
-- why: One customer as the staff may see her: times, consents and cards, nothing that could be used elsewhere.
SELECT c.customer_ref, c.opened_at, c.closed_at, c.channel,
    (SELECT count(*) FROM ledger.act a WHERE a.customer_id = c.customer_id) AS acts,
    (SELECT count(*) FROM ledger.reversal r WHERE r.customer_id = c.customer_id) AS refunds,
    (SELECT count(*) FROM rewards.order o WHERE o.customer_id = c.customer_id) AS orders,
    (SELECT count(*) FROM home.dispute d WHERE d.customer_id = c.customer_id
        AND NOT EXISTS (SELECT FROM home.dispute_answer w WHERE w.dispute_no = d.dispute_no)) AS open_disputes,
    coalesce((SELECT jsonb_agg(jsonb_build_array(k.purpose, k.version, k.granted_at, k.withdrawn_at) ORDER BY k.granted_at, k.purpose)
        FROM accounts.consent k WHERE k.customer_id = c.customer_id), '[]') AS consents,
    coalesce((SELECT jsonb_agg(jsonb_build_array(d.card_ref, d.product, d.linked_at, d.unlinked_at) ORDER BY d.linked_at, d.card_id)
        FROM accounts.card d WHERE d.customer_id = c.customer_id), '[]') AS cards
FROM accounts.customer c WHERE c.customer_key = %(customer_key)s

-- name: read_happenings
-- why: What happened around a customer's ledger, the latest first: account, consents, cards, orders, disputes. Each has a name that is
-- why: always the same, so that a list goes on where it ended.
SELECT h.id, h.kind, h.at, h.code, h.detail FROM accounts.customer c CROSS JOIN LATERAL (
    SELECT md5('opened ' || c.customer_id)::uuid AS id, 'account' AS kind, c.opened_at AS at, 'opened' AS code, NULL::text AS detail
    UNION ALL
    SELECT md5('closed ' || c.customer_id)::uuid, 'account', c.closed_at, 'closed', NULL WHERE c.closed_at IS NOT NULL
    UNION ALL
    SELECT md5('granted ' || k.consent_id)::uuid, 'consent', k.granted_at, 'granted', k.purpose
    FROM accounts.consent k WHERE k.customer_id = c.customer_id
    UNION ALL
    SELECT md5('withdrawn ' || k.consent_id)::uuid, 'consent', k.withdrawn_at, 'withdrawn', k.purpose
    FROM accounts.consent k WHERE k.customer_id = c.customer_id AND k.withdrawn_at IS NOT NULL
    UNION ALL
    SELECT md5('linked ' || d.card_id)::uuid, 'card', d.linked_at, 'linked', d.product
    FROM accounts.card d WHERE d.customer_id = c.customer_id
    UNION ALL
    SELECT md5('unlinked ' || d.card_id)::uuid, 'card', d.unlinked_at, 'unlinked', d.product
    FROM accounts.card d WHERE d.customer_id = c.customer_id AND d.unlinked_at IS NOT NULL
    UNION ALL
    SELECT md5(o.order_id || ' ' || g.nth)::uuid, 'order', g.recorded_at, g.state::text, o.reward_id
    FROM rewards.order o JOIN rewards.order_change g USING (order_id) WHERE o.customer_id = c.customer_id
    UNION ALL
    SELECT md5('disputed ' || d.dispute_no)::uuid, 'dispute', d.opened_at, d.reason, d.dispute_no || ' ' || d.opened_at
    FROM home.dispute d WHERE d.customer_id = c.customer_id
    UNION ALL
    SELECT md5('answered ' || d.dispute_no)::uuid, 'dispute', w.answered_at, CASE WHEN w.upheld THEN 'upheld' ELSE 'declined' END,
        d.dispute_no || ' ' || d.opened_at
    FROM home.dispute d JOIN home.dispute_answer w USING (dispute_no) WHERE d.customer_id = c.customer_id
) h
WHERE c.customer_key = %(customer_key)s
  AND (%(before_at)s::timestamptz IS NULL OR (h.at, h.id) < (%(before_at)s, %(before_id)s::uuid))
ORDER BY h.at DESC, h.id DESC LIMIT %(limit)s
