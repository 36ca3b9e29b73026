# 一天之内反复转给同一个人，只算一次，免得来回倒账刷能量。
# Transfers to one payee count once a day, so that money going back and forth earns nothing.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 one    lin does transfer.completed ¥200.00 {own_account=no, payee_ref=wang}     -> posted 21,045 mg, 8 energy
  11:01 two    lin does transfer.completed ¥200.00 {own_account=no, payee_ref=wang}     -> same_occasion
  12:01 other  lin does transfer.completed ¥200.00 {own_account=no, payee_ref=zhao}     -> posted 21,045 mg, 8 energy
on 2026-07-07
  10:01 next   lin does transfer.completed ¥200.00 {own_account=no, payee_ref=wang}     -> posted 21,045 mg, 8 energy

expect
  lin holds 63,135 mg, 24 energy
