-- why:   disputes and how far notices were read go with the customer who is erased (INV-14)
-- locks: ROW EXCLUSIVE on accounts.customer for an instant
-- time:  instant
-- undo:  DROP TRIGGER erase_disputes ON accounts.customer; DROP FUNCTION home.erase_disputes

-- Who is erased loses her row of accounts.customer, after her acts got a new number (accounts.erase). A dispute follows its act, so
-- that it is still counted and can still be answered; what was said in it, by her or to her, goes.
CREATE FUNCTION home.erase_disputes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE home.dispute_answer w SET because_zh = '已抹去', because_en = 'erased'
    FROM home.dispute d WHERE d.dispute_no = w.dispute_no AND d.customer_id = OLD.customer_id;
    UPDATE home.dispute d SET customer_id = a.customer_id, words = NULL
    FROM ledger.act a WHERE a.act_id = d.act_id AND d.customer_id = OLD.customer_id;
    DELETE FROM home.notice_read WHERE customer_id = OLD.customer_id;
    RETURN OLD;
END $$;
CREATE TRIGGER erase_disputes BEFORE DELETE ON accounts.customer FOR EACH ROW EXECUTE FUNCTION home.erase_disputes();
