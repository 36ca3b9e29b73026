# 在本人账户之间倒账不是转账给别人；柜台办的也不算线上。
# Moving money between one's own accounts is no transfer to somebody, and one at the counter is not online.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 own      lin does transfer.completed ¥200.00 {own_account=yes, payee_ref=self}                  -> own_account_transfer
  11:01 counter  lin does transfer.completed ¥200.00 by counter {own_account=no, payee_ref=wang}        -> at_the_counter

expect
  lin holds 0 mg, 0 energy
